#include "tests/capi/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test* tests;

void register_test(struct test* test) {
  test->next = tests;
  tests = test;
}

/* Runs the test that is named. */
int main(int argc, char** argv) {
  const struct test* test;
  for (test = tests; argc == 2 && test != NULL; test = test->next) {
    if (strcmp(test->name, argv[1]) != 0) continue;
    test->run();
    return 0;
  }
  fprintf(stderr, "usage: %s TEST, which is one of\n", argv[0]);
  for (test = tests; test != NULL; test = test->next) fprintf(stderr, "  %s\n", test->name);
  return 2;
}

void expect(int holds, const char* condition, const char* file, int line) {
  if (holds) return;
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
  exit(1);
}

void expect_int(long long is, long long wanted, const char* what, const char* file, int line) {
  if (is == wanted) return;
  fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, what, is, wanted);
  exit(1);
}

void expect_text(stile_str is, stile_str wanted, const char* what, const char* file, int line) {
  if (is.size == wanted.size && (is.size == 0 || memcmp(is.data, wanted.data, is.size) == 0)) {
    return;
  }
  fprintf(stderr, "%s:%d: %s is \"%.*s\", not \"%.*s\"\n", file, line, what, (int)is.size,
          is.size > 0 ? is.data : "", (int)wanted.size, wanted.data);
  exit(1);
}

stile_str str(const char* text) {
  stile_str made;
  made.data = text;
  made.size = text == NULL ? 0 : strlen(text);
  return made;
}

int has(stile_str text, const char* part) {
  const size_t size = strlen(part);
  size_t i;
  for (i = 0; i + size <= text.size; ++i) {
    if (memcmp(text.data + i, part, size) == 0) return 1;
  }
  return 0;
}

const char* format(const char* pattern, ...) {
  static char texts[64][4096];
  static size_t next;
  char* const text = texts[next++ % 64];
  va_list arguments;
  int size;
  va_start(arguments, pattern);
  size = vsnprintf(text, sizeof texts[0], pattern, arguments);
  va_end(arguments);
  EXPECT(size >= 0 && (size_t)size < sizeof texts[0]);
  return text;
}
