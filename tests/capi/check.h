/* How a test of stile.h is written. Knows nothing of Stile but its texts. */
#ifndef STILE_TESTS_CAPI_CHECK_H_
#define STILE_TESTS_CAPI_CHECK_H_

#include <stddef.h>
#include <stdint.h>
#include <stile.h>

/* --- Tests ------------------------------------------------------------------------------------ */

/* One test, which runs alone in its process: TEST(what_comes_out) { ... }. CMake finds it by its
 * name at the beginning of a line. */
#define TEST(name)                                                                                 \
  static void name(void);                                                                          \
  static struct test name##_entry = {#name, name, NULL};                                           \
  __attribute__((constructor)) static void name##_register(void) { register_test(&name##_entry); } \
  static void name(void)

struct test {
  const char* name;
  void (*run)(void);
  struct test* next;
};
void register_test(struct test* test);

/* Ends the process and says where, unless it holds. */
#define EXPECT(condition) expect((condition) != 0, #condition, __FILE__, __LINE__)
#define EXPECT_INT(is, wanted) \
  expect_int((long long)(is), (long long)(wanted), #is, __FILE__, __LINE__)
#define EXPECT_TEXT(is, wanted) expect_text((is), str(wanted), #is, __FILE__, __LINE__)
#define EXPECT_OK(call) EXPECT_INT((call), STILE_OK)
#define EXPECT_WRONG(call) EXPECT_INT((call), STILE_ERR_INVALID_ARGUMENT)

void expect(int holds, const char* condition, const char* file, int line);
void expect_int(long long is, long long wanted, const char* what, const char* file, int line);
void expect_text(stile_str is, stile_str wanted, const char* what, const char* file, int line);

/* --- Texts ------------------------------------------------------------------------------------ */

stile_str str(const char* text);
/* 1 if `text` holds `part`. */
int has(stile_str text, const char* part);

/* A printed text, of 64 of which each is there until 63 more were printed. */
const char* format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

#endif /* STILE_TESTS_CAPI_CHECK_H_ */
