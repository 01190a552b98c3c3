#include "tests/capi/fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* --- A configuration -------------------------------------------------------------------------- */

void files_init(struct files* files) {
  memset(files, 0, sizeof *files);
  files->config.struct_size = sizeof files->config;
  files_set(files, "stile.toml", TOML);
  files_set(files, "policy.toml", POLICY);
  files_set(files, "shop.toml", SHOP_POLICY);
  files_set(files, "keys.toml", KEY_TOML(1, SECRET));
  files_set(files, "backend.txt", BACKEND_SECRET "\n");
}

static uint32_t find_file(const struct files* files, const char* name) {
  uint32_t i;
  for (i = 0; i < files->config.file_count; ++i) {
    if (strcmp(files->files[i].name.data, name) == 0) break;
  }
  return i;
}

void files_set(struct files* files, const char* name, const char* text) {
  const uint32_t at = find_file(files, name);
  EXPECT(at < MAX_FILES);
  if (at == files->config.file_count) ++files->config.file_count;
  files->files[at].name = str(name);
  files->files[at].text = str(text);
  files->config.files = files->files;
}

void files_remove(struct files* files, const char* name) {
  const uint32_t at = find_file(files, name);
  EXPECT(at < files->config.file_count);
  files->files[at] = files->files[--files->config.file_count];
}

void report_init(struct report* report) {
  memset(report, 0, sizeof *report);
  report->report.struct_size = sizeof report->report;
  report->report.text = report->text;
  report->report.text_room = sizeof report->text;
}

stile_engine_options options_at(int64_t now_ms, int64_t steady_ms) {
  stile_engine_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.now_ms = now_ms;
  options.steady_ms = steady_ms;
  return options;
}

stile_engine* engine_of(const struct files* files) {
  const stile_engine_options options = options_at(NOW, 0);
  struct report report;
  stile_engine* engine = NULL;
  stile_status status;
  report_init(&report);
  status = stile_engine_new(&files->config, &options, &report.report, &engine);
  if (status != STILE_OK) fprintf(stderr, "%s", report.text);
  EXPECT_OK(status);
  EXPECT(engine != NULL);
  return engine;
}

stile_engine* new_engine(void) {
  struct files files;
  files_init(&files);
  return engine_of(&files);
}

stile_worker* new_worker(stile_engine* engine) {
  stile_worker* worker = NULL;
  EXPECT_OK(stile_worker_new(engine, &worker));
  EXPECT(worker != NULL);
  return worker;
}

stile_stats stats_of(stile_engine* engine) {
  stile_stats stats;
  memset(&stats, 0, sizeof stats);
  stats.struct_size = sizeof stats;
  EXPECT_OK(stile_engine_stats(engine, &stats));
  return stats;
}

/* --- Requests --------------------------------------------------------------------------------- */

void exchange_init(struct exchange* exchange, const char* target) {
  memset(exchange, 0, sizeof *exchange);
  exchange->request.struct_size = sizeof exchange->request;
  exchange->request.method = str("GET");
  exchange->request.target = str(target);
  exchange->request.host = str("example.org");
  exchange->request.fields = exchange->fields;
  set_address(exchange, 192, 0, 2, 7);
  exchange->decision.struct_size = sizeof exchange->decision;
  exchange->answer.struct_size = sizeof exchange->answer;
  add_field(exchange, "Host", "example.org");
  add_field(exchange, "User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Test/1.0");
  add_field(exchange, "Accept", "text/html");
}

static stile_str keep(struct exchange* exchange, const char* text) {
  const stile_str kept = {exchange->texts + exchange->used, strlen(text)};
  EXPECT(kept.size <= sizeof exchange->texts - exchange->used);
  memcpy(exchange->texts + exchange->used, text, kept.size);
  exchange->used += kept.size;
  return kept;
}

void add_field(struct exchange* exchange, const char* name, const char* value) {
  stile_field* const field = &exchange->fields[exchange->request.field_count++];
  EXPECT(exchange->request.field_count <= sizeof exchange->fields / sizeof exchange->fields[0]);
  field->name = keep(exchange, name);
  field->value = keep(exchange, value);
}

void set_address(struct exchange* exchange, uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  exchange->request.address_family = 4;
  exchange->request.address[0] = a;
  exchange->request.address[1] = b;
  exchange->request.address[2] = c;
  exchange->request.address[3] = d;
}

int32_t decide(stile_worker* worker, struct exchange* exchange, int64_t now_ms) {
  EXPECT_OK(stile_decide(worker, &exchange->request, now_ms, &exchange->decision));
  return exchange->decision.action;
}

static void keep_cookie(struct exchange* exchange) {
  const stile_str value = field_of(&exchange->answer, "Set-Cookie");
  size_t size = 0;
  while (size < value.size && value.data[size] != ';') ++size;
  EXPECT(size < sizeof exchange->cookie);
  if (size > 0) memcpy(exchange->cookie, value.data, size);
  exchange->cookie[size] = '\0';
}

uint32_t respond(stile_worker* worker, struct exchange* exchange, const char* body,
                 int64_t now_ms) {
  EXPECT_OK(stile_respond(worker, &exchange->request, &exchange->decision, str(body), now_ms,
                          &exchange->answer));
  keep_cookie(exchange);
  return exchange->answer.status;
}

uint32_t ask(stile_worker* worker, struct exchange* exchange, const char* body, int64_t now_ms) {
  (void)decide(worker, exchange, now_ms);
  return respond(worker, exchange, body, now_ms);
}

stile_str field_of(const stile_answer* answer, const char* name) {
  const stile_str none = {NULL, 0};
  uint32_t i;
  for (i = 0; i < answer->field_count; ++i) {
    const stile_str found = answer->fields[i].name;
    if (found.size == strlen(name) && strncasecmp(found.data, name, found.size) == 0) {
      return answer->fields[i].value;
    }
  }
  return none;
}
