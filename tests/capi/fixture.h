/* What the tests of stile.h share: how a test is written, a configuration, and a proxy's side of a
 * request. Knows Stile by stile.h alone. */
#ifndef STILE_TESTS_CAPI_FIXTURE_H_
#define STILE_TESTS_CAPI_FIXTURE_H_

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

/* --- A configuration -------------------------------------------------------------------------- */

/* Unix time in milliseconds at which everything begins. */
#define NOW 1800000000000LL

/* The master secret of key 1 in the fixture's keys, and the secret of the site's backend. */
#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define OTHER_SECRET "BBBCAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define BACKEND_SECRET "0123456789abcdefghijklmnopqrstuv"

/* Two sites, "main" for every host and "shop", with small tables; what serves is good after a
 * minute and ten requests. Everything asks for a wait of 5 s but what the rules say. */
#define TOML                                                                        \
  "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policy.toml\"\n"          \
  "[site.siteverify]\nsecrets_file = \"backend.txt\"\n"                             \
  "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\npolicy = \"shop.toml\"\n" \
  "[keys]\nfile = \"keys.toml\"\n" SMALL_TABLES                                     \
  "[admission]\nsoak_for = \"1m\"\nsoak_requests = 10\n"
#define SMALL_TABLES                                                                   \
  "[budgets]\nclearances = 4096\ncleared_prefixes = 4096\nuncleared_prefixes = 4096\n" \
  "uncleared_rings = 1024\n[spend]\ntokens = 1000\nattempts = 64\n"
#define POLICY                                                                                     \
  "[default]\naction = \"challenge\"\nlevel = \"wait\"\n"                                          \
  "[[rule]]\nname = \"open\"\npath = [\"/open\", \"/open/*\"]\naction = \"allow\"\n"               \
  "[[rule]]\nname = \"closed\"\npath = [\"/closed\"]\naction = \"deny\"\n"                         \
  "[[rule]]\nname = \"strict\"\npath = [\"/strict\"]\naction = \"challenge\"\nlevel = \"light\"\n" \
  "[[rule]]\nname = \"once\"\npath = [\"/once\"]\naction = \"challenge\"\nlevel = \"wait\"\n"      \
  "budget = { requests = 1, per = \"1h\" }\n"                                                      \
  "[[rule]]\nname = \"api\"\npath = [\"/api\"]\naction = \"allow\"\n"                              \
  "header = { name = \"X-Api\", equals = [\"yes\"] }\n"
/* Without the rule about a header field. */
#define SHOP_POLICY "[default]\naction = \"challenge\"\nlevel = \"light\"\n"
#define KEY_TOML(id, secret) \
  "[[key]]\nid = " #id "\nsecret = \"" secret "\"\nsign_from = 2026-01-01T00:00:00Z\n"

enum { MAX_FILES = 8 };

/* Files of a configuration, by name; see `files_set`. */
struct files {
  stile_file files[MAX_FILES];
  stile_config config; /* Of them. */
};

/* The fixture's own files. */
void files_init(struct files* files);
/* Puts `text` in the place of the file called `name`, or beside the others. */
void files_set(struct files* files, const char* name, const char* text);
void files_remove(struct files* files, const char* name);

/* A report with room for its text. */
struct report {
  stile_report report;
  char text[4096];
};
void report_init(struct report* report);

stile_engine_options options_at(int64_t now_ms, int64_t steady_ms);

/* Make what has no mistake, or end the test. */
stile_engine* engine_of(const struct files* files);
stile_engine* new_engine(void);
stile_worker* new_worker(stile_engine* engine);
stile_stats stats_of(stile_engine* engine);

/* --- Requests --------------------------------------------------------------------------------- */

enum { ROOM = 65536 };

/* A request of a visitor with a browser, and what became of it. */
struct exchange {
  stile_request request;
  stile_field fields[16];
  char texts[4096]; /* Of the fields that were added. */
  size_t used;
  stile_decision decision;
  stile_answer answer;
  char cookie[1024]; /* Of Set-Cookie, name and value, zero-terminated. */
};

/* GET of `target` from 192.0.2.7, over http, which asks for a page. */
void exchange_init(struct exchange* exchange, const char* target);
/* Copies both. */
void add_field(struct exchange* exchange, const char* name, const char* value);
void set_address(struct exchange* exchange, uint8_t a, uint8_t b, uint8_t c, uint8_t d);

/* What is decided about it, which has to go well. Returns the action. */
int32_t decide(stile_worker* worker, struct exchange* exchange, int64_t now_ms);
/* Builds the answer to what was decided. Returns its status. */
uint32_t respond(stile_worker* worker, struct exchange* exchange, const char* body, int64_t now_ms);
/* Both. */
uint32_t ask(stile_worker* worker, struct exchange* exchange, const char* body, int64_t now_ms);
/* The value of the answer's field `name`; empty if it has none. */
stile_str field_of(const stile_answer* answer, const char* name);

#endif /* STILE_TESTS_CAPI_FIXTURE_H_ */
