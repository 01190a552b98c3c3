/* What comes after the start: reloads, modes, and what has proven good. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

/* As POLICY, and nobody comes to /new. */
#define CLOSED_NEW "[[rule]]\nname = \"new\"\npath = [\"/new\"]\naction = \"deny\"\n"
/* Turns away whoever has a clearance. */
#define CLOSED_ALL                 \
  "[default]\naction = \"deny\"\n" \
  "[[rule]]\nname = \"all\"\npath = [\"/*\"]\naction = \"deny\"\n"
/* Judges from ten requests on. */
#define JUDGES "min_samples = 10\n"

struct host {
  struct files files;
  stile_engine* engine;
  stile_worker* worker;
  struct report report;
  int64_t steady_ms;
};

static void host_init(struct host* host) {
  memset(host, 0, sizeof *host);
  files_init(&host->files);
  files_set(&host->files, "stile.toml", TOML JUDGES);
  host->engine = engine_of(&host->files);
  host->worker = new_worker(host->engine);
}

static void host_free(struct host* host) {
  stile_worker_free(host->worker);
  stile_engine_free(host->engine);
}

static stile_status reload(struct host* host, uint32_t flags) {
  stile_engine_options options = options_at(NOW, host->steady_ms);
  options.flags = flags;
  report_init(&host->report);
  return stile_engine_reload(host->engine, &host->files.config, &options, &host->report.report);
}

static stile_tick tick(struct host* host, int64_t steady_ms) {
  stile_tick made;
  memset(&made, 0, sizeof made);
  made.struct_size = sizeof made;
  host->steady_ms = steady_ms;
  EXPECT_OK(stile_engine_tick(host->engine, steady_ms, &made));
  return made;
}

/* Requests of `count` cleared clients, each of a prefix of its own, that pass. */
static void serve_cleared(struct host* host, int count) {
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  int i;
  for (i = 0; i < count; ++i) {
    struct exchange exchange;
    exchange_init(&exchange, "/docs");
    set_address(&exchange, 198, (uint8_t)(i / 250), (uint8_t)(i % 250), 9);
    add_field(&exchange, "Cookie", sealed_cookie(&clearance));
    EXPECT_INT(decide(host->worker, &exchange, NOW), STILE_ACTION_ALLOW);
  }
}

static int32_t action_on(struct host* host, const char* target) {
  struct exchange exchange;
  exchange_init(&exchange, target);
  return decide(host->worker, &exchange, NOW);
}

/* --- Reloads ---------------------------------------------------------------------------------- */

TEST(good_reload_serves_the_next_request) {
  struct host host;
  stile_stats before;
  stile_stats after;
  host_init(&host);
  before = stats_of(host.engine);
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_CHALLENGE);
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(host.report.report.errors, 0);
  EXPECT_INT(host.report.report.refusal, STILE_REFUSAL_NONE);
  EXPECT_INT(host.report.report.on_trial, 0);
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_DENY);
  after = stats_of(host.engine);
  EXPECT_INT(after.generation, before.generation + 1);
  EXPECT_INT(after.reloads, 1);
  EXPECT_INT(after.refused, 0);
  EXPECT(strcmp(after.digest, before.digest) != 0);
  EXPECT_TEXT(str(after.digest), host.report.report.digest);
  EXPECT_INT(after.challenged, 1);
  EXPECT_INT(after.denied, 1);
  host_free(&host);
}

TEST(reload_with_mistakes_changes_nothing_and_says_them) {
  struct host host;
  stile_stats before;
  stile_stats after;
  host_init(&host);
  before = stats_of(host.engine);
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW "nonsense\n");
  files_set(&host.files, "shop.toml", "x = 1\n");
  EXPECT_INT(reload(&host, 0), STILE_ERR_CONFIG);
  EXPECT(has(str(host.report.text), "policy.toml:"));
  EXPECT(has(str(host.report.text), "shop.toml:"));
  EXPECT(host.report.report.errors >= 2);
  EXPECT_INT(host.report.report.refusal, STILE_REFUSAL_MISTAKES);
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_CHALLENGE);
  after = stats_of(host.engine);
  EXPECT_INT(after.generation, before.generation);
  EXPECT_INT(after.refused, 1);
  EXPECT_TEXT(str(after.digest), before.digest);
  host_free(&host);
}

TEST(reload_that_turns_visitors_away_is_refused) {
  struct host host;
  stile_stats before;
  host_init(&host);
  serve_cleared(&host, 100);
  before = stats_of(host.engine);
  files_set(&host.files, "policy.toml", CLOSED_ALL);
  EXPECT_INT(reload(&host, 0), STILE_ERR_REFUSED);
  EXPECT(host.report.report.refusal == STILE_REFUSAL_CORPUS ||
         host.report.report.refusal == STILE_REFUSAL_BLAST_RADIUS);
  EXPECT(host.report.report.text_size > 0);
  EXPECT_INT(stats_of(host.engine).refused, 1);
  EXPECT_TEXT(str(stats_of(host.engine).digest), before.digest);
  serve_cleared(&host, 10);
  host_free(&host);
}

TEST(reload_that_turns_those_away_who_are_served_is_refused_by_name) {
  struct host host;
  host_init(&host);
  serve_cleared(&host, 100);
  files_set(&host.files, "policy.toml",
            POLICY "[[rule]]\nname = \"docs\"\npath = [\"/docs\"]\naction = \"deny\"\n");
  EXPECT_INT(reload(&host, 0), STILE_ERR_REFUSED);
  EXPECT_INT(host.report.report.refusal, STILE_REFUSAL_BLAST_RADIUS);
  EXPECT(has(str(host.report.text), "docs"));
  serve_cleared(&host, 10);
  host_free(&host);
}

TEST(refused_reload_takes_two_to_insist) {
  struct host host;
  host_init(&host);
  serve_cleared(&host, 100);
  files_set(&host.files, "policy.toml", CLOSED_ALL);
  EXPECT_INT(reload(&host, STILE_ENGINE_FORCE), STILE_ERR_REFUSED);
  files_set(&host.files, "stile.toml", TOML JUDGES "blast_radius_override = true\n");
  EXPECT_INT(reload(&host, 0), STILE_ERR_REFUSED);
  EXPECT_OK(reload(&host, STILE_ENGINE_FORCE));
  EXPECT_INT(action_on(&host, "/docs"), STILE_ACTION_DENY);
  host_free(&host);
}

TEST(reload_renews_keys) {
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  struct host host;
  struct exchange exchange;
  host_init(&host);
  exchange_init(&exchange, "/docs");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  files_set(&host.files, "keys.toml", KEY_TOML(1, SECRET) KEY_TOML(2, OTHER_SECRET));
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  files_set(&host.files, "keys.toml", KEY_TOML(2, OTHER_SECRET));
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_UNKNOWN_KEY);
  host_free(&host);
}

TEST(keys_are_no_part_of_the_digest) {
  struct host host;
  char before[72];
  host_init(&host);
  strcpy(before, stats_of(host.engine).digest);
  files_set(&host.files, "keys.toml", KEY_TOML(1, SECRET) KEY_TOML(2, OTHER_SECRET));
  files_set(&host.files, "backend.txt", BACKEND_SECRET "x\n");
  EXPECT_OK(reload(&host, 0));
  EXPECT_TEXT(str(stats_of(host.engine).digest), before);
  host_free(&host);
}

TEST(decision_of_before_a_reload_is_answered_after_it) {
  struct host host;
  struct exchange challenged;
  struct exchange denied;
  struct exchange served;
  struct exchange first;
  host_init(&host);
  exchange_init(&first, "/");
  (void)ask(host.worker, &first, NULL, NOW);
  exchange_init(&challenged, "/strict");
  exchange_init(&denied, "/closed");
  exchange_init(&served, "/.stile/redeem");
  served.request.method = str("POST");
  add_field(&served, "Content-Type", "application/x-www-form-urlencoded");
  (void)decide(host.worker, &challenged, NOW);
  (void)decide(host.worker, &denied, NOW);
  (void)decide(host.worker, &served, NOW);
  {
    const char* const challenge = challenge_in(first.answer.body);
    const char* const body =
        format("challenge=%s&solution=%s", challenge, wait_solution(challenge));
    /* Fewer rules than the decisions know of. */
    files_set(&host.files, "policy.toml", "[default]\naction = \"challenge\"\nlevel = \"wait\"\n");
    files_set(&host.files, "stile.toml", TOML JUDGES "blast_radius_override = true\n");
    EXPECT_OK(reload(&host, STILE_ENGINE_FORCE));
    EXPECT_INT(respond(host.worker, &challenged, NULL, NOW), 403);
    EXPECT(*challenge_in(challenged.answer.body) != '\0');
    EXPECT_INT(respond(host.worker, &denied, NULL, NOW), 403);
    EXPECT_INT(respond(host.worker, &served, body, NOW + 5000), 303);
  }
  host_free(&host);
}

TEST(what_passed_before_a_reload_passes_after_it) {
  struct host host;
  struct exchange exchange;
  host_init(&host);
  exchange_init(&exchange, "/open");
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(respond(host.worker, &exchange, NULL, NOW), 0);
  EXPECT_INT(exchange.answer.field_count, 0);
  host_free(&host);
}

TEST(allowed_request_is_not_renewed_over_a_reload) {
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 40000, NOW / 1000 + 2000};
  struct host host;
  struct exchange exchange;
  stile_str cookie = {"before", 6};
  host_init(&host);
  exchange_init(&exchange, "/strict");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(reload(&host, 0));
  EXPECT_OK(stile_renew(host.worker, &exchange.request, &exchange.decision, NOW, &cookie));
  EXPECT_INT(cookie.size, 0);
  host_free(&host);
}

TEST(pinned_site_keeps_its_id_over_a_reload) {
  struct host host;
  struct exchange exchange;
  host_init(&host);
  files_set(&host.files, "stile.toml",
            "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\npolicy = \"shop.toml\"\n"
            "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policy.toml\"\n"
            "[site.siteverify]\nsecrets_file = \"backend.txt\"\n"
            "[keys]\nfile = \"keys.toml\"\n" SMALL_TABLES);
  exchange_init(&exchange, "/open");
  exchange.request.site = stile_site_id(str("shop"));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.site, 1);
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.site, 0);
  host_free(&host);
}

TEST(worker_without_requests_holds_what_it_served_until_it_serves_again) {
  struct host host;
  stile_worker* idle;
  struct exchange exchange;
  host_init(&host);
  idle = new_worker(host.engine);
  exchange_init(&exchange, "/");
  (void)decide(idle, &exchange, NOW);
  (void)action_on(&host, "/");
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(reload(&host, 0));
  (void)action_on(&host, "/");
  EXPECT_INT(tick(&host, 1000).retired, 1);
  (void)decide(idle, &exchange, NOW);
  EXPECT_INT(tick(&host, 2000).retired, 0);
  stile_worker_free(idle);
  host_free(&host);
}

TEST(tick_may_be_null) {
  struct host host;
  host_init(&host);
  EXPECT_OK(stile_engine_tick(host.engine, 5, NULL));
  host_free(&host);
}

/* --- Predecessors ----------------------------------------------------------------------------- */

static stile_status succeed(struct host* host, stile_engine** next) {
  stile_engine_options options = options_at(NOW, host->steady_ms);
  options.predecessor = host->engine;
  report_init(&host->report);
  return stile_engine_new(&host->files.config, &options, &host->report.report, next);
}

TEST(successor_counts_in_the_tables_of_its_predecessor) {
  struct host host;
  stile_engine* next = NULL;
  stile_worker* worker;
  struct exchange exchange;
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  host_init(&host);
  exchange_init(&exchange, "/once");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_OK(succeed(&host, &next));
  host_free(&host);
  worker = new_worker(next);
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_DENY);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_LIMITED);
  stile_worker_free(worker);
  stile_engine_free(next);
}

TEST(successor_has_the_mode_of_its_predecessor) {
  struct host host;
  stile_engine* next = NULL;
  stile_worker* worker;
  struct exchange exchange;
  host_init(&host);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_OPEN));
  EXPECT_OK(succeed(&host, &next));
  EXPECT_INT(stats_of(next).mode, STILE_MODE_OPEN);
  worker = new_worker(next);
  exchange_init(&exchange, "/closed");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  stile_worker_free(worker);
  stile_engine_free(next);
  host_free(&host);
}

TEST(successor_that_turns_visitors_away_is_refused) {
  struct host host;
  stile_engine* next = NULL;
  host_init(&host);
  serve_cleared(&host, 100);
  files_set(&host.files, "policy.toml", CLOSED_ALL);
  EXPECT_INT(succeed(&host, &next), STILE_ERR_REFUSED);
  EXPECT(next == NULL);
  EXPECT(host.report.report.refusal > STILE_REFUSAL_MISTAKES);
  serve_cleared(&host, 10);
  EXPECT_INT(stats_of(host.engine).generation, 1);
  host_free(&host);
}

TEST(successor_with_mistakes_is_refused) {
  struct host host;
  stile_engine* next = NULL;
  host_init(&host);
  files_set(&host.files, "policy.toml", "nonsense\n");
  EXPECT_INT(succeed(&host, &next), STILE_ERR_CONFIG);
  EXPECT(next == NULL);
  EXPECT(has(str(host.report.text), "policy.toml:1"));
  host_free(&host);
}

/* --- What has proven good --------------------------------------------------------------------- */

static char kept[1 << 20];
static size_t kept_size;

/* Serves what serves until it has proven good, and keeps it. */
static void prove(struct host* host) {
  (void)tick(host, 0);
  serve_cleared(host, 30);
  EXPECT_INT(tick(host, 59000).promoted, 0);
  EXPECT_INT(tick(host, 61000).promoted, 1);
  EXPECT_INT(tick(host, 62000).promoted, 0);
  EXPECT_OK(stile_engine_last_good(host->engine, 0, kept, sizeof kept, &kept_size));
}

TEST(what_served_for_a_while_is_promoted_once) {
  struct host host;
  host_init(&host);
  EXPECT_INT(stile_engine_last_good(host.engine, 0, kept, sizeof kept, &kept_size),
             STILE_ERR_NOT_FOUND);
  prove(&host);
  EXPECT_INT(stats_of(host.engine).promoted, 1);
  EXPECT(kept_size > 100);
  EXPECT_INT(stile_engine_last_good(host.engine, 1, kept, sizeof kept, &kept_size),
             STILE_ERR_NOT_FOUND);
  host_free(&host);
}

TEST(last_good_says_how_long_it_is) {
  struct host host;
  size_t size = 0;
  host_init(&host);
  prove(&host);
  EXPECT_INT(stile_engine_last_good(host.engine, 0, NULL, 0, &size), STILE_ERR_NO_ROOM);
  EXPECT_INT(size, kept_size);
  size = 0;
  EXPECT_INT(stile_engine_last_good(host.engine, 0, kept, kept_size - 1, &size), STILE_ERR_NO_ROOM);
  EXPECT_INT(size, kept_size);
  EXPECT_OK(stile_engine_last_good(host.engine, 0, kept, kept_size, &size));
  host_free(&host);
}

TEST(last_good_holds_no_secret) {
  struct host host;
  stile_str text;
  host_init(&host);
  prove(&host);
  text.data = kept;
  text.size = kept_size;
  EXPECT(has(text, "name = \"closed\""));
  EXPECT(!has(text, SECRET));
  EXPECT(!has(text, BACKEND_SECRET));
  host_free(&host);
}

/* Starts with the policy of `host` broken, and with what was kept. */
static stile_status start_broken(struct host* host, stile_engine** engine) {
  stile_engine_options options = options_at(NOW, 0);
  stile_str good;
  good.data = kept;
  good.size = kept_size;
  options.last_good = &good;
  options.last_good_count = 1;
  report_init(&host->report);
  return stile_engine_new(&host->files.config, &options, &host->report.report, engine);
}

TEST(broken_start_serves_what_was_kept) {
  struct host host;
  stile_engine* engine = NULL;
  char digest[72];
  host_init(&host);
  strcpy(digest, stats_of(host.engine).digest);
  prove(&host);
  host_free(&host);
  files_set(&host.files, "policy.toml", "nonsense\n");
  EXPECT_OK(start_broken(&host, &engine));
  EXPECT(host.report.report.errors > 0);
  EXPECT(has(str(host.report.text), "policy.toml:1"));
  EXPECT_INT(stats_of(engine).from_last_good, 1);
  EXPECT_TEXT(str(stats_of(engine).digest), digest);
  host.engine = engine;
  host.worker = new_worker(engine);
  EXPECT_INT(action_on(&host, "/closed"), STILE_ACTION_DENY);
  EXPECT_INT(action_on(&host, "/open"), STILE_ACTION_ALLOW);
  serve_cleared(&host, 1); /* With the keys of the broken configuration. */
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_DENY);
  host_free(&host);
}

TEST(broken_toml_at_start_serves_what_was_kept) {
  struct host host;
  stile_engine* engine = NULL;
  host_init(&host);
  prove(&host);
  host_free(&host);
  files_set(&host.files, "stile.toml", "[[[\n");
  EXPECT_OK(start_broken(&host, &engine));
  EXPECT_INT(stats_of(engine).site_count, 2);
  stile_engine_free(engine);
}

TEST(broken_start_without_keys_serves_nothing) {
  struct host host;
  stile_engine* engine = NULL;
  host_init(&host);
  prove(&host);
  host_free(&host);
  files_set(&host.files, "policy.toml", "nonsense\n");
  files_remove(&host.files, "keys.toml");
  EXPECT_INT(start_broken(&host, &engine), STILE_ERR_CONFIG);
  EXPECT(engine == NULL);
}

TEST(damaged_last_good_is_passed_over) {
  struct host host;
  stile_engine* engine = NULL;
  host_init(&host);
  prove(&host);
  host_free(&host);
  kept[20] = '#';
  files_set(&host.files, "policy.toml", "nonsense\n");
  EXPECT_INT(start_broken(&host, &engine), STILE_ERR_CONFIG);
  EXPECT(engine == NULL);
  files_set(&host.files, "policy.toml", POLICY);
  EXPECT_OK(start_broken(&host, &engine));
  EXPECT_INT(stats_of(engine).from_last_good, 0);
  stile_engine_free(engine);
}

TEST(good_start_does_not_use_what_was_kept) {
  struct host host;
  stile_engine* engine = NULL;
  host_init(&host);
  prove(&host);
  host_free(&host);
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(start_broken(&host, &engine));
  EXPECT_INT(stats_of(engine).from_last_good, 0);
  /* It is still the last that is known to be good. */
  EXPECT_OK(stile_engine_last_good(engine, 0, kept, sizeof kept, &kept_size));
  stile_engine_free(engine);
}

/* --- Trials ----------------------------------------------------------------------------------- */

#define TRIES JUDGES "cohort_percent = 50\ncohort_for = \"10s\"\n"

TEST(reload_with_a_cohort_is_on_trial_first) {
  struct host host;
  stile_stats stats;
  host_init(&host);
  files_set(&host.files, "stile.toml", TOML TRIES);
  EXPECT_OK(reload(&host, 0));
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(host.report.report.on_trial, 1);
  stats = stats_of(host.engine);
  EXPECT_TEXT(str(stats.trial), host.report.report.digest);
  EXPECT(strcmp(stats.trial, stats.digest) != 0);
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_CHALLENGE);
  (void)tick(&host, 51000); /* Five times as long, as it met nobody. */
  stats = stats_of(host.engine);
  EXPECT_INT(stats.trial[0], '\0');
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_DENY);
  host_free(&host);
}

/* --- Modes ------------------------------------------------------------------------------------ */

TEST(modes_hold_from_the_next_request_on) {
  struct host host;
  struct exchange exchange;
  host_init(&host);
  exchange_init(&exchange, "/closed");
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_DENY);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_OPEN));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_INT(exchange.decision.flags & STILE_DECISION_BY_MODE, STILE_DECISION_BY_MODE);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_SHADOW));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_INT(exchange.decision.flags & STILE_DECISION_BY_MODE, STILE_DECISION_BY_MODE);
  EXPECT_TEXT(exchange.decision.rule, "closed");
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_ENFORCE));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_DENY);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_ATTACK));
  exchange_init(&exchange, "/");
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_TEXT(exchange.decision.level, "standard");
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_CONFIGURED));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_TEXT(exchange.decision.level, "wait");
  host_free(&host);
}

TEST(mode_holds_for_every_site) {
  struct host host;
  struct exchange exchange;
  host_init(&host);
  exchange_init(&exchange, "/");
  exchange.request.host = str("shop.example");
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_OPEN));
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_ALLOW);
  host_free(&host);
}

TEST(mode_holds_over_a_reload) {
  struct host host;
  host_init(&host);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_OPEN));
  files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
  EXPECT_OK(reload(&host, 0));
  EXPECT_INT(stats_of(host.engine).mode, STILE_MODE_OPEN);
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_ALLOW);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_CONFIGURED));
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_DENY);
  host_free(&host);
}

TEST(configured_mode_is_what_each_site_says) {
  struct host host;
  struct exchange exchange;
  host_init(&host);
  host_free(&host);
  files_set(
      &host.files, "stile.toml",
      "[[site]]\nname = \"main\"\nhosts = [\"*\"]\npolicy = \"policy.toml\"\nmode = \"open\"\n"
      "[[site]]\nname = \"shop\"\nhosts = [\"shop.example\"]\npolicy = \"shop.toml\"\n"
      "[keys]\nfile = \"keys.toml\"\n" SMALL_TABLES);
  host.engine = engine_of(&host.files);
  host.worker = new_worker(host.engine);
  EXPECT_INT(action_on(&host, "/closed"), STILE_ACTION_ALLOW);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_ENFORCE));
  EXPECT_INT(action_on(&host, "/closed"), STILE_ACTION_DENY);
  EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_CONFIGURED));
  EXPECT_INT(action_on(&host, "/closed"), STILE_ACTION_ALLOW);
  exchange_init(&exchange, "/");
  exchange.request.host = str("shop.example");
  EXPECT_INT(decide(host.worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  host_free(&host);
}

TEST(mode_and_reload_of_a_child_stay_in_the_child) {
  struct host host;
  pid_t child;
  int status = -1;
  host_init(&host);
  child = fork();
  EXPECT(child >= 0);
  if (child == 0) {
    stile_worker* const worker = new_worker(host.engine);
    host.worker = worker;
    EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_OPEN));
    EXPECT_INT(action_on(&host, "/closed"), STILE_ACTION_ALLOW);
    EXPECT_OK(stile_engine_set_mode(host.engine, STILE_MODE_CONFIGURED));
    files_set(&host.files, "policy.toml", POLICY CLOSED_NEW);
    EXPECT_OK(reload(&host, 0));
    EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_DENY);
    _exit(0);
  }
  EXPECT_INT(waitpid(child, &status, 0), child);
  EXPECT_INT(status, 0);
  EXPECT_INT(action_on(&host, "/closed"), STILE_ACTION_DENY);
  EXPECT_INT(action_on(&host, "/new"), STILE_ACTION_CHALLENGE);
  EXPECT_INT(stats_of(host.engine).generation, 1);
  host_free(&host);
}
