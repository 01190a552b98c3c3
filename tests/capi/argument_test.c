/* What is no call: pointers that are NULL, and structs of other sizes than ours. */
#include <stdlib.h>
#include <string.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

/* Everything that a call may need. */
struct all {
  struct files files;
  struct report report;
  stile_engine_options options;
  stile_engine* engine;
  stile_worker* worker;
  struct exchange exchange;
};

static void all_init(struct all* all) {
  memset(all, 0, sizeof *all);
  files_init(&all->files);
  report_init(&all->report);
  all->options = options_at(NOW, 0);
  all->engine = engine_of(&all->files);
  all->worker = new_worker(all->engine);
  exchange_init(&all->exchange, "/");
}

static void all_free(struct all* all) {
  stile_worker_free(all->worker);
  stile_engine_free(all->engine);
}

/* --- NULL ------------------------------------------------------------------------------------- */

TEST(null_config_is_refused) {
  struct all all;
  stile_engine* engine = NULL;
  stile_tables* tables = NULL;
  size_t room = 7;
  all_init(&all);
  EXPECT_WRONG(stile_engine_new(NULL, &all.options, NULL, &engine));
  EXPECT_WRONG(stile_engine_reload(all.engine, NULL, &all.options, NULL));
  EXPECT_WRONG(stile_tables_open(NULL, "/dev/null/x", NULL, &tables));
  EXPECT_WRONG(stile_tables_room(NULL, NULL, &room));
  EXPECT_WRONG(stile_tables_attach(NULL, &all, sizeof all, NULL, &tables));
  EXPECT(engine == NULL && tables == NULL);
  EXPECT_INT(room, 7);
  all_free(&all);
}

TEST(null_engine_is_refused) {
  struct all all;
  stile_worker* worker = NULL;
  stile_stats stats;
  stile_tick tick;
  uint64_t count = 7;
  size_t size = 7;
  char name[72] = "before";
  all_init(&all);
  memset(&stats, 0, sizeof stats);
  stats.struct_size = sizeof stats;
  memset(&tick, 0, sizeof tick);
  tick.struct_size = sizeof tick;
  EXPECT_WRONG(stile_engine_reload(NULL, &all.files.config, &all.options, NULL));
  EXPECT_WRONG(stile_engine_tick(NULL, 0, &tick));
  EXPECT_WRONG(stile_engine_last_good(NULL, 0, NULL, 0, &size));
  EXPECT_WRONG(stile_engine_set_mode(NULL, STILE_MODE_OPEN));
  EXPECT_WRONG(stile_engine_stats(NULL, &stats));
  EXPECT_WRONG(stile_engine_decisions(NULL, 0, 1, 1, &count));
  EXPECT_WRONG(stile_engine_site_name(NULL, 0, name));
  EXPECT_WRONG(stile_worker_new(NULL, &worker));
  EXPECT(worker == NULL);
  EXPECT_INT(count, 7);
  EXPECT_INT(size, 7);
  EXPECT_TEXT(str(name), "before");
  all_free(&all);
}

TEST(null_outputs_are_refused) {
  struct all all;
  char memory[64];
  all_init(&all);
  EXPECT_WRONG(stile_engine_new(&all.files.config, &all.options, NULL, NULL));
  EXPECT_WRONG(stile_engine_last_good(all.engine, 0, memory, sizeof memory, NULL));
  EXPECT_WRONG(stile_engine_stats(all.engine, NULL));
  EXPECT_WRONG(stile_engine_decisions(all.engine, 0, 1, 1, NULL));
  EXPECT_WRONG(stile_engine_site_name(all.engine, 0, NULL));
  EXPECT_WRONG(stile_worker_new(all.engine, NULL));
  EXPECT_WRONG(stile_tables_room(&all.files.config, NULL, NULL));
  EXPECT_WRONG(stile_tables_attach(&all.files.config, memory, sizeof memory, NULL, NULL));
  EXPECT_WRONG(stile_tables_open(&all.files.config, "/nowhere/tables", NULL, NULL));
  EXPECT_WRONG(stile_is_own(all.worker, &all.exchange.request, NULL));
  EXPECT_WRONG(stile_decide(all.worker, &all.exchange.request, NOW, NULL));
  EXPECT_WRONG(stile_decide_many(all.worker, &all.exchange.request, 1, NOW, NULL));
  (void)decide(all.worker, &all.exchange, NOW);
  EXPECT_WRONG(stile_respond(all.worker, &all.exchange.request, &all.exchange.decision, str(NULL),
                             NOW, NULL));
  EXPECT_WRONG(stile_respond_too_long(all.worker, NULL));
  EXPECT_WRONG(stile_renew(all.worker, &all.exchange.request, &all.exchange.decision, NOW, NULL));
  EXPECT_WRONG(
      stile_note_outcome(all.worker, &all.exchange.request, &all.exchange.decision, NULL, NOW));
  EXPECT_WRONG(stile_strip_clearance(all.worker, &all.exchange.request, str("a=b"), memory,
                                     sizeof memory, NULL));
  EXPECT_WRONG(stile_siteverify(all.worker, 0, str("text/plain"), str("x"), NOW, NULL));
  all_free(&all);
}

TEST(null_options_are_refused) {
  struct all all;
  stile_engine* engine = NULL;
  all_init(&all);
  EXPECT_WRONG(stile_engine_new(&all.files.config, NULL, NULL, &engine));
  EXPECT_WRONG(stile_engine_reload(all.engine, &all.files.config, NULL, NULL));
  EXPECT(engine == NULL);
  all_free(&all);
}

TEST(null_path_and_memory_are_refused) {
  struct all all;
  stile_tables* tables = NULL;
  all_init(&all);
  EXPECT_WRONG(stile_tables_open(&all.files.config, NULL, NULL, &tables));
  EXPECT_WRONG(stile_tables_attach(&all.files.config, NULL, 1U << 20, NULL, &tables));
  EXPECT(tables == NULL);
  all_free(&all);
}

TEST(null_worker_and_request_are_refused) {
  struct all all;
  struct exchange* const x = &all.exchange;
  stile_answer answer;
  stile_str cookie = {"before", 6};
  const stile_outcome outcome = {sizeof outcome, 200, 1, 0};
  int32_t own = 7;
  size_t size = 7;
  char out[8];
  all_init(&all);
  (void)decide(all.worker, x, NOW);
  memset(&answer, 0, sizeof answer);
  answer.struct_size = sizeof answer;
  EXPECT_WRONG(stile_is_own(NULL, &x->request, &own));
  EXPECT_WRONG(stile_is_own(all.worker, NULL, &own));
  EXPECT_WRONG(stile_respond(NULL, &x->request, &x->decision, str(NULL), NOW, &answer));
  EXPECT_WRONG(stile_respond(all.worker, NULL, &x->decision, str(NULL), NOW, &answer));
  EXPECT_WRONG(stile_respond(all.worker, &x->request, NULL, str(NULL), NOW, &answer));
  EXPECT_WRONG(stile_respond_too_long(NULL, &answer));
  EXPECT_WRONG(stile_renew(NULL, &x->request, &x->decision, NOW, &cookie));
  EXPECT_WRONG(stile_renew(all.worker, NULL, &x->decision, NOW, &cookie));
  EXPECT_WRONG(stile_renew(all.worker, &x->request, NULL, NOW, &cookie));
  EXPECT_WRONG(stile_note_outcome(NULL, &x->request, &x->decision, &outcome, NOW));
  EXPECT_WRONG(stile_note_outcome(all.worker, NULL, &x->decision, &outcome, NOW));
  EXPECT_WRONG(stile_note_outcome(all.worker, &x->request, NULL, &outcome, NOW));
  EXPECT_WRONG(stile_strip_clearance(NULL, &x->request, str("a=b"), out, sizeof out, &size));
  EXPECT_WRONG(stile_strip_clearance(all.worker, NULL, str("a=b"), out, sizeof out, &size));
  EXPECT_WRONG(stile_siteverify(NULL, 0, str("text/plain"), str("x"), NOW, &answer));
  EXPECT_INT(answer.status, 0);
  EXPECT_INT(answer.field_count, 0);
  EXPECT_INT(own, 7);
  EXPECT_INT(size, 7);
  EXPECT_TEXT(cookie, "before");
  all_free(&all);
}

TEST(null_answer_is_refused) {
  stile_answer answer;
  size_t size = 7;
  char out[64];
  memset(&answer, 0, sizeof answer);
  answer.struct_size = sizeof answer;
  answer.status = 200;
  EXPECT_WRONG(stile_answer_copy(NULL, out, sizeof out, &size, &answer));
  EXPECT_WRONG(stile_answer_copy(&answer, NULL, sizeof out, &size, &answer));
  EXPECT_WRONG(stile_answer_copy(&answer, out, sizeof out, NULL, &answer));
  EXPECT_WRONG(stile_answer_copy(&answer, out, sizeof out, &size, NULL));
  EXPECT_WRONG(stile_answer_write(NULL, 0, out, sizeof out, &size));
  EXPECT_WRONG(stile_answer_write(&answer, 0, NULL, sizeof out, &size));
  EXPECT_WRONG(stile_answer_write(&answer, 0, out, sizeof out, NULL));
  EXPECT_WRONG(stile_answer_send(NULL, 0, NULL, NULL));
  EXPECT_WRONG(stile_answer_send(&answer, 0, NULL, NULL));
  EXPECT_INT(size, 7);
}

TEST(null_text_with_a_size_is_refused) {
  const stile_str none = {NULL, 3};
  struct all all;
  struct exchange* const x = &all.exchange;
  stile_field field;
  stile_engine* engine = NULL;
  size_t size = 0;
  char out[16];
  all_init(&all);
  (void)decide(all.worker, x, NOW);
  EXPECT_WRONG(stile_respond(all.worker, &x->request, &x->decision, none, NOW, &x->answer));
  EXPECT_WRONG(stile_strip_clearance(all.worker, &x->request, none, out, sizeof out, &size));
  EXPECT_WRONG(stile_siteverify(all.worker, 0, none, str("x"), NOW, &x->answer));
  EXPECT_WRONG(stile_siteverify(all.worker, 0, str("x"), none, NOW, &x->answer));
  EXPECT_INT(stile_site_id(none), 0);

  field = x->fields[1];
  x->fields[1].name = none;
  EXPECT_WRONG(stile_decide(all.worker, &x->request, NOW, &x->decision));
  EXPECT_INT(x->decision.action, STILE_ACTION_ERROR);
  x->fields[1] = field;
  x->fields[1].value = none;
  EXPECT_WRONG(stile_decide(all.worker, &x->request, NOW, &x->decision));
  x->fields[1] = field;
  x->request.method = none;
  EXPECT_WRONG(stile_decide(all.worker, &x->request, NOW, &x->decision));
  x->request.method = str("GET");
  x->request.target = none;
  EXPECT_WRONG(stile_decide(all.worker, &x->request, NOW, &x->decision));
  x->request.target = str("/");
  x->request.host = none;
  EXPECT_WRONG(stile_decide(all.worker, &x->request, NOW, &x->decision));
  x->request.host = str("");
  x->request.tls_fingerprint = none;
  EXPECT_WRONG(stile_decide(all.worker, &x->request, NOW, &x->decision));
  x->request.tls_fingerprint = str("");
  x->request.fields = NULL;
  EXPECT_WRONG(stile_decide(all.worker, &x->request, NOW, &x->decision));

  all.files.files[1].text = none;
  EXPECT_WRONG(stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  files_init(&all.files);
  all.files.files[1].name = none;
  EXPECT_WRONG(stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  files_init(&all.files);
  all.files.config.name = none;
  EXPECT_WRONG(stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  files_init(&all.files);
  all.files.config.files = NULL;
  EXPECT_WRONG(stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  EXPECT(engine == NULL);
  all_free(&all);
}

TEST(null_last_good_with_a_count_is_refused) {
  const stile_str none = {NULL, 3};
  struct all all;
  stile_engine* engine = NULL;
  all_init(&all);
  all.options.last_good_count = 1;
  EXPECT_WRONG(stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  all.options.last_good = &none;
  EXPECT_WRONG(stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  EXPECT(engine == NULL);
  all_free(&all);
}

TEST(freeing_null_does_nothing) {
  stile_worker_free(NULL);
  stile_engine_free(NULL);
  stile_tables_free(NULL);
}

TEST(address_of_no_family_is_refused) {
  struct all all;
  all_init(&all);
  all.exchange.request.address_family = 5;
  EXPECT_WRONG(stile_decide(all.worker, &all.exchange.request, NOW, &all.exchange.decision));
  EXPECT_INT(all.exchange.decision.action, STILE_ACTION_ERROR);
  all_free(&all);
}

TEST(mode_that_is_none_is_refused) {
  struct all all;
  all_init(&all);
  EXPECT_WRONG(stile_engine_set_mode(all.engine, 5));
  EXPECT_WRONG(stile_engine_set_mode(all.engine, -1));
  EXPECT_INT(stats_of(all.engine).mode, STILE_MODE_CONFIGURED);
  all_free(&all);
}

TEST(numbers_of_nothing_are_not_found) {
  struct all all;
  uint64_t count = 7;
  all_init(&all);
  EXPECT_INT(stile_engine_decisions(all.engine, 2, 1, 1, &count), STILE_ERR_NOT_FOUND);
  EXPECT_INT(stile_engine_decisions(all.engine, 0, 5, 1, &count), STILE_ERR_NOT_FOUND);
  EXPECT_INT(stile_engine_decisions(all.engine, 0, -1, 1, &count), STILE_ERR_NOT_FOUND);
  EXPECT_INT(stile_engine_decisions(all.engine, 0, 1, 17, &count), STILE_ERR_NOT_FOUND);
  EXPECT_INT(stile_engine_decisions(all.engine, 0, 1, -1, &count), STILE_ERR_NOT_FOUND);
  EXPECT_INT(count, 7);
  all_free(&all);
}

TEST(decision_that_was_never_made_is_refused) {
  struct all all;
  all_init(&all);
  EXPECT_WRONG(stile_respond(all.worker, &all.exchange.request, &all.exchange.decision, str(""),
                             NOW, &all.exchange.answer));
  all.exchange.decision.action = STILE_ACTION_ALLOW;
  EXPECT_WRONG(stile_respond(all.worker, &all.exchange.request, &all.exchange.decision, str(""),
                             NOW, &all.exchange.answer));
  all_free(&all);
}

/* --- struct_size ------------------------------------------------------------------------------ */

/* A struct_size of less than `whole` is refused by `call`, which takes the struct at `size`. */
#define EXPECT_SIZED(size, whole, call) \
  do {                                  \
    const uint32_t kept = (size);       \
    (size) = 0;                         \
    EXPECT_WRONG(call);                 \
    (size) = 4;                         \
    EXPECT_WRONG(call);                 \
    (size) = (uint32_t)(whole)-1;       \
    EXPECT_WRONG(call);                 \
    (size) = kept;                      \
  } while (0)

TEST(structs_that_are_too_small_are_refused) {
  struct all all;
  struct exchange* const x = &all.exchange;
  stile_engine* engine = NULL;
  stile_tables* tables = NULL;
  stile_stats stats;
  stile_tick tick;
  stile_answer copy;
  stile_str cookie;
  stile_outcome outcome = {sizeof outcome, 200, 1, 0};
  size_t size;
  int32_t own;
  char out[4096];
  all_init(&all);
  memset(&stats, 0, sizeof stats);
  memset(&tick, 0, sizeof tick);
  memset(&copy, 0, sizeof copy);

#define CONFIG all.files.config.struct_size, sizeof(stile_config)
  EXPECT_SIZED(all.files.config.struct_size, sizeof(stile_config),
               stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  EXPECT_SIZED(all.files.config.struct_size, sizeof(stile_config),
               stile_engine_reload(all.engine, &all.files.config, &all.options, NULL));
  EXPECT_SIZED(all.files.config.struct_size, sizeof(stile_config),
               stile_tables_room(&all.files.config, NULL, &size));
  EXPECT_SIZED(all.files.config.struct_size, sizeof(stile_config),
               stile_tables_attach(&all.files.config, out, sizeof out, NULL, &tables));
  EXPECT_SIZED(all.files.config.struct_size, sizeof(stile_config),
               stile_tables_open(&all.files.config, "/nowhere/tables", NULL, &tables));
#undef CONFIG
  EXPECT_SIZED(all.options.struct_size, sizeof(stile_engine_options),
               stile_engine_new(&all.files.config, &all.options, NULL, &engine));
  EXPECT_SIZED(all.options.struct_size, sizeof(stile_engine_options),
               stile_engine_reload(all.engine, &all.files.config, &all.options, NULL));
  EXPECT_SIZED(all.report.report.struct_size, sizeof(stile_report),
               stile_engine_new(&all.files.config, &all.options, &all.report.report, &engine));
  EXPECT_SIZED(
      all.report.report.struct_size, sizeof(stile_report),
      stile_engine_reload(all.engine, &all.files.config, &all.options, &all.report.report));
  EXPECT_SIZED(all.report.report.struct_size, sizeof(stile_report),
               stile_tables_room(&all.files.config, &all.report.report, &size));
  EXPECT_SIZED(
      all.report.report.struct_size, sizeof(stile_report),
      stile_tables_attach(&all.files.config, out, sizeof out, &all.report.report, &tables));
  EXPECT_SIZED(all.report.report.struct_size, sizeof(stile_report),
               stile_tables_open(&all.files.config, "/nowhere/x", &all.report.report, &tables));
  EXPECT_SIZED(tick.struct_size, sizeof tick, stile_engine_tick(all.engine, 0, &tick));
  EXPECT_SIZED(stats.struct_size, sizeof stats, stile_engine_stats(all.engine, &stats));
  EXPECT(engine == NULL && tables == NULL);

  EXPECT_SIZED(x->request.struct_size, sizeof(stile_request),
               stile_is_own(all.worker, &x->request, &own));
  EXPECT_SIZED(x->request.struct_size, sizeof(stile_request),
               stile_decide(all.worker, &x->request, NOW, &x->decision));
  EXPECT_SIZED(x->request.struct_size, sizeof(stile_request),
               stile_decide_many(all.worker, &x->request, 1, NOW, &x->decision));
  EXPECT_SIZED(x->decision.struct_size, sizeof(stile_decision),
               stile_decide(all.worker, &x->request, NOW, &x->decision));
  EXPECT_SIZED(x->decision.struct_size, sizeof(stile_decision),
               stile_decide_many(all.worker, &x->request, 1, NOW, &x->decision));
  (void)decide(all.worker, x, NOW);
  EXPECT_SIZED(x->request.struct_size, sizeof(stile_request),
               stile_respond(all.worker, &x->request, &x->decision, str(""), NOW, &x->answer));
  EXPECT_SIZED(x->decision.struct_size, sizeof(stile_decision),
               stile_respond(all.worker, &x->request, &x->decision, str(""), NOW, &x->answer));
  EXPECT_SIZED(x->answer.struct_size, sizeof(stile_answer),
               stile_respond(all.worker, &x->request, &x->decision, str(""), NOW, &x->answer));
  EXPECT_SIZED(x->answer.struct_size, sizeof(stile_answer),
               stile_respond_too_long(all.worker, &x->answer));
  EXPECT_SIZED(x->answer.struct_size, sizeof(stile_answer),
               stile_siteverify(all.worker, 0, str("a"), str("b"), NOW, &x->answer));
  EXPECT_SIZED(x->request.struct_size, sizeof(stile_request),
               stile_renew(all.worker, &x->request, &x->decision, NOW, &cookie));
  EXPECT_SIZED(x->decision.struct_size, sizeof(stile_decision),
               stile_renew(all.worker, &x->request, &x->decision, NOW, &cookie));
  EXPECT_SIZED(x->request.struct_size, sizeof(stile_request),
               stile_note_outcome(all.worker, &x->request, &x->decision, &outcome, NOW));
  EXPECT_SIZED(x->decision.struct_size, sizeof(stile_decision),
               stile_note_outcome(all.worker, &x->request, &x->decision, &outcome, NOW));
  EXPECT_SIZED(outcome.struct_size, sizeof(stile_outcome),
               stile_note_outcome(all.worker, &x->request, &x->decision, &outcome, NOW));
  EXPECT_SIZED(x->request.struct_size, sizeof(stile_request),
               stile_strip_clearance(all.worker, &x->request, str("a=b"), out, sizeof out, &size));
  (void)respond(all.worker, x, NULL, NOW);
  copy.struct_size = sizeof copy;
  EXPECT_SIZED(x->answer.struct_size, sizeof(stile_answer),
               stile_answer_copy(&x->answer, out, sizeof out, &size, &copy));
  EXPECT_SIZED(copy.struct_size, sizeof(stile_answer),
               stile_answer_copy(&x->answer, out, sizeof out, &size, &copy));
  EXPECT_SIZED(x->answer.struct_size, sizeof(stile_answer),
               stile_answer_write(&x->answer, 0, out, sizeof out, &size));
  all_free(&all);
}

/* A struct of a caller that is newer than the library: ours, and what it doesn't know. */
#define NEWER(type)   \
  struct {            \
    type ours;        \
    uint8_t more[24]; \
  }
#define NEWER_INIT(newer)                               \
  do {                                                  \
    memset(&(newer), 0, sizeof(newer));                 \
    memset((newer).more, 0xA5, sizeof(newer).more);     \
    (newer).ours.struct_size = (uint32_t)sizeof(newer); \
  } while (0)
#define EXPECT_UNTOUCHED(newer)                                                     \
  do {                                                                              \
    size_t at;                                                                      \
    EXPECT_INT((newer).ours.struct_size, sizeof(newer));                            \
    for (at = 0; at < sizeof(newer).more; ++at) EXPECT_INT((newer).more[at], 0xA5); \
  } while (0)

TEST(structs_of_newer_callers_keep_what_is_not_ours) {
  struct all all;
  stile_engine* engine = NULL;
  NEWER(stile_config) config;
  NEWER(stile_engine_options) options;
  NEWER(stile_report) report;
  NEWER(stile_tick) tick;
  NEWER(stile_stats) stats;
  NEWER(stile_request) request;
  NEWER(stile_decision) decision;
  NEWER(stile_answer) answer;
  NEWER(stile_answer) copy;
  size_t size;
  static char out[ROOM];
  all_init(&all);

  NEWER_INIT(config);
  config.ours = all.files.config;
  config.ours.struct_size = sizeof config;
  NEWER_INIT(options);
  options.ours.now_ms = NOW;
  NEWER_INIT(report);
  EXPECT_OK(stile_engine_new(&config.ours, &options.ours, &report.ours, &engine));
  EXPECT_UNTOUCHED(config);
  EXPECT_UNTOUCHED(options);
  EXPECT_UNTOUCHED(report);
  EXPECT_INT(strlen(report.ours.digest), 64);
  stile_engine_free(engine);
  EXPECT_OK(stile_engine_reload(all.engine, &config.ours, &options.ours, &report.ours));
  EXPECT_UNTOUCHED(report);
  EXPECT_OK(stile_tables_room(&config.ours, &report.ours, &size));
  EXPECT_UNTOUCHED(report);

  NEWER_INIT(tick);
  EXPECT_OK(stile_engine_tick(all.engine, 0, &tick.ours));
  EXPECT_UNTOUCHED(tick);
  NEWER_INIT(stats);
  EXPECT_OK(stile_engine_stats(all.engine, &stats.ours));
  EXPECT_UNTOUCHED(stats);
  EXPECT_INT(stats.ours.site_count, 2);

  NEWER_INIT(request);
  request.ours = all.exchange.request;
  request.ours.struct_size = sizeof request;
  NEWER_INIT(decision);
  EXPECT_OK(stile_decide(all.worker, &request.ours, NOW, &decision.ours));
  EXPECT_UNTOUCHED(request);
  EXPECT_UNTOUCHED(decision);
  EXPECT_INT(decision.ours.action, STILE_ACTION_CHALLENGE);
  NEWER_INIT(answer);
  EXPECT_OK(stile_respond(all.worker, &request.ours, &decision.ours, str(""), NOW, &answer.ours));
  EXPECT_UNTOUCHED(answer);
  EXPECT_INT(answer.ours.status, 403);
  NEWER_INIT(copy);
  EXPECT_OK(stile_answer_copy(&answer.ours, out, sizeof out, &size, &copy.ours));
  EXPECT_UNTOUCHED(copy);
  EXPECT_INT(copy.ours.status, 403);
  EXPECT_OK(stile_answer_write(&answer.ours, 0, out, sizeof out, &size));
  EXPECT_OK(stile_respond_too_long(all.worker, &answer.ours));
  EXPECT_UNTOUCHED(answer);
  EXPECT_OK(stile_siteverify(all.worker, 0, str("a"), str("b"), NOW, &answer.ours));
  EXPECT_UNTOUCHED(answer);
  all_free(&all);
}
