/* Decisions: what is found out about a request, alone and with others. */
#include <string.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

static const int64_t kSeconds = NOW / 1000;

static struct clearance good_clearance(void) {
  struct clearance clearance = {1, 2, 1, 0, 0};
  clearance.issued_at = kSeconds - 600;
  clearance.expires_at = kSeconds + 3600;
  return clearance;
}

/* The verdict on a GET of / with this cookie. */
static int32_t verdict_on(const char* cookie) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/");
  if (cookie != NULL) add_field(&exchange, "Cookie", cookie);
  (void)decide(worker, &exchange, NOW);
  stile_worker_free(worker);
  stile_engine_free(engine);
  return exchange.decision.verdict;
}

/* --- Rules ------------------------------------------------------------------------------------ */

TEST(stranger_is_challenged) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/docs");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_ABSENT);
  EXPECT_INT(exchange.decision.rank_held, 0);
  EXPECT_INT(exchange.decision.rank_needed, 1);
  EXPECT_INT(exchange.decision.flags, 0);
  EXPECT_INT(exchange.decision.body_limit, 0);
  EXPECT_INT(exchange.decision.site, 0);
  EXPECT_TEXT(exchange.decision.rule, "_default");
  EXPECT_TEXT(exchange.decision.level, "wait");
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(rules_decide_by_their_names) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/open/a");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_TEXT(exchange.decision.rule, "open");
  exchange_init(&exchange, "/closed");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_DENY);
  EXPECT_TEXT(exchange.decision.rule, "closed");
  exchange_init(&exchange, "/strict");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_TEXT(exchange.decision.rule, "strict");
  EXPECT_TEXT(exchange.decision.level, "light");
  exchange_init(&exchange, "/robots.txt");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_TEXT(exchange.decision.rule, "_exempt");
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(rule_sees_header_fields_in_any_case) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/api");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  add_field(&exchange, "x-aPI", "yes");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_TEXT(exchange.decision.rule, "api");
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(site_is_found_by_host_without_its_port) {
  static const char* const kShops[] = {"shop.example", "shop.example:8080", "SHOP.example"};
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  size_t i;
  for (i = 0; i < 3; ++i) {
    exchange_init(&exchange, "/open");
    exchange.request.host = str(kShops[i]);
    EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
    EXPECT_INT(exchange.decision.site, 1);
  }
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(site_is_pinned_by_its_id_whatever_the_host) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/open");
  exchange.request.site = stile_site_id(str("shop"));
  EXPECT(exchange.request.site != 0);
  EXPECT(exchange.request.site != stile_site_id(str("main")));
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.site, 1);
  exchange.request.site = stile_site_id(str("main"));
  exchange.request.host = str("shop.example");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_INT(exchange.decision.site, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(pin_to_a_site_that_is_gone_leaves_no_choice_to_the_client) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/");
  exchange.request.site = stile_site_id(str("gone"));
  exchange.request.host = str("shop.example");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.site, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(own_endpoints_are_served_and_not_counted_when_only_asked_about) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  int32_t own = -1;
  exchange_init(&exchange, "/.stile/redeem");
  EXPECT_OK(stile_is_own(worker, &exchange.request, &own));
  EXPECT_INT(own, 1);
  EXPECT_INT(stats_of(engine).served, 0);
  exchange.request.method = str("POST");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_SERVE);
  EXPECT(exchange.decision.body_limit > 0);
  EXPECT_TEXT(exchange.decision.rule, "");
  EXPECT_INT(stats_of(engine).served, 1);
  exchange_init(&exchange, "/.stilex");
  EXPECT_OK(stile_is_own(worker, &exchange.request, &own));
  EXPECT_INT(own, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Clearances ------------------------------------------------------------------------------- */

TEST(cleared_visitor_passes) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/docs");
  add_field(&exchange, "Cookie", earn_clearance(worker, NOW));
  EXPECT_INT(decide(worker, &exchange, NOW + 6000), STILE_ACTION_ALLOW);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_VALID);
  EXPECT_INT(exchange.decision.rank_held, 1);
  EXPECT_TEXT(exchange.decision.level, "wait");
  EXPECT_INT(respond(worker, &exchange, NULL, NOW + 6000), 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(sealed_clearance_is_valid) {
  const struct clearance clearance = good_clearance();
  EXPECT_INT(verdict_on(sealed_cookie(&clearance)), STILE_VERDICT_VALID);
}

TEST(no_clearance_is_absent) { EXPECT_INT(verdict_on(NULL), STILE_VERDICT_ABSENT); }

TEST(garbage_is_malformed) { EXPECT_INT(verdict_on("stile=abc"), STILE_VERDICT_MALFORMED); }

TEST(clearance_with_another_tag_is_forged) {
  const struct clearance clearance = good_clearance();
  char cookie[128];
  strcpy(cookie, sealed_cookie(&clearance));
  cookie[90] = cookie[90] == 'A' ? 'B' : 'A';
  EXPECT_INT(verdict_on(cookie), STILE_VERDICT_FORGED);
}

TEST(clearance_of_the_past_is_expired) {
  struct clearance clearance = good_clearance();
  clearance.expires_at = kSeconds;
  EXPECT_INT(verdict_on(sealed_cookie(&clearance)), STILE_VERDICT_EXPIRED);
}

TEST(clearance_of_the_future_is_not_yet_valid) {
  struct clearance clearance = good_clearance();
  clearance.issued_at = kSeconds + 120;
  EXPECT_INT(verdict_on(sealed_cookie(&clearance)), STILE_VERDICT_NOT_YET_VALID);
}

TEST(clearance_of_another_key_is_unknown) {
  struct clearance clearance = good_clearance();
  clearance.key_id = 9;
  EXPECT_INT(verdict_on(sealed_cookie(&clearance)), STILE_VERDICT_UNKNOWN_KEY);
}

TEST(clearance_of_another_client_is_wrong) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/docs");
  add_field(&exchange, "Cookie", earn_clearance(worker, NOW));
  set_address(&exchange, 203, 0, 113, 7);
  EXPECT_INT(decide(worker, &exchange, NOW + 6000), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_WRONG_CLIENT);
  EXPECT_INT(exchange.decision.rank_held, 0);
  /* Nor does it suit who has no known address. */
  exchange.request.address_family = 0;
  EXPECT_INT(decide(worker, &exchange, NOW + 6000), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_WRONG_CLIENT);
  EXPECT_INT(stats_of(engine).client_address_unknown, 1);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(mapped_address_is_the_same_client) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  static const uint8_t kMapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
  exchange_init(&exchange, "/docs");
  add_field(&exchange, "Cookie", earn_clearance(worker, NOW));
  exchange.request.address_family = 6;
  memcpy(exchange.request.address, kMapped, sizeof kMapped);
  EXPECT_INT(decide(worker, &exchange, NOW + 6000), STILE_ACTION_ALLOW);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(clearance_of_a_lower_rank_does_not_open_more) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  struct files files;
  stile_engine* strict;
  stile_worker* strict_worker;
  files_init(&files);
  files_set(&files, "policy.toml", "[default]\naction = \"challenge\"\nlevel = \"standard\"\n");
  strict = engine_of(&files);
  strict_worker = new_worker(strict);
  exchange_init(&exchange, "/docs");
  add_field(&exchange, "Cookie", earn_clearance(worker, NOW));
  EXPECT_INT(decide(strict_worker, &exchange, NOW + 6000), STILE_ACTION_CHALLENGE);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_VALID);
  EXPECT_INT(exchange.decision.rank_held, 1);
  EXPECT_INT(exchange.decision.rank_needed, 3);
  EXPECT_TEXT(exchange.decision.level, "standard");
  stile_worker_free(strict_worker);
  stile_engine_free(strict);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(expired_clearance_still_carries_a_form) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct clearance clearance = good_clearance();
  struct exchange exchange;
  clearance.expires_at = kSeconds - 5;
  exchange_init(&exchange, "/form");
  exchange.request.method = str("POST");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_INT(exchange.decision.flags, STILE_DECISION_BY_GRACE);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_EXPIRED);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(spent_budget_says_when_to_come_back) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/once");
  add_field(&exchange, "Cookie", earn_clearance(worker, NOW));
  EXPECT_INT(decide(worker, &exchange, NOW + 6000), STILE_ACTION_ALLOW);
  EXPECT_INT(decide(worker, &exchange, NOW + 6000), STILE_ACTION_DENY);
  EXPECT_INT(exchange.decision.verdict, STILE_VERDICT_LIMITED);
  EXPECT(exchange.decision.retry_after_s > 3500 && exchange.decision.retry_after_s <= 3601);
  EXPECT_INT(respond(worker, &exchange, NULL, NOW + 6000), 429);
  EXPECT(field_of(&exchange.answer, "Retry-After").size > 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Limits ----------------------------------------------------------------------------------- */

/* What is over the limits is denied, and told so. */
static void expect_limit(stile_worker* worker, struct exchange* exchange) {
  EXPECT_INT(decide(worker, exchange, NOW), STILE_ACTION_DENY);
  EXPECT_TEXT(exchange->decision.rule, "_limit");
  EXPECT_INT(respond(worker, exchange, NULL, NOW), 431);
}

TEST(request_over_the_limits_is_denied_by_name) {
  static char text[STILE_MAX_TEXT + 1];
  const stile_str longest = {text, STILE_MAX_TEXT};
  const stile_str too_long = {text, STILE_MAX_TEXT + 1};
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  memset(text, 'a', sizeof text);
  memcpy(text, "/open?", 6);
  exchange_init(&exchange, "/open");
  exchange.request.target = too_long;
  expect_limit(worker, &exchange);
  exchange_init(&exchange, "/open");
  exchange.request.method = too_long;
  expect_limit(worker, &exchange);
  exchange_init(&exchange, "/open");
  exchange.request.host = too_long;
  expect_limit(worker, &exchange);
  exchange_init(&exchange, "/open");
  exchange.request.tls_fingerprint = too_long;
  expect_limit(worker, &exchange);
  exchange_init(&exchange, "/open");
  exchange.fields[1].value = too_long;
  expect_limit(worker, &exchange);
  exchange_init(&exchange, "/open");
  exchange.fields[1].name = too_long;
  expect_limit(worker, &exchange);
  exchange_init(&exchange, "/open");
  exchange.fields[1].value = longest;
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  exchange_init(&exchange, "/open");
  exchange.fields[1].name = longest;
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  exchange_init(&exchange, "/open");
  exchange.request.target = longest;
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(request_over_the_limits_passes_where_everything_does) {
  static char text[STILE_MAX_TEXT + 1];
  const stile_str too_long = {text, sizeof text};
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  memset(text, 'a', sizeof text);
  EXPECT_OK(stile_engine_set_mode(engine, STILE_MODE_OPEN));
  exchange_init(&exchange, "/strict");
  exchange.fields[1].value = too_long;
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_INT(exchange.decision.flags, STILE_DECISION_BY_MODE);
  EXPECT_INT(respond(worker, &exchange, NULL, NOW), 0);
  EXPECT_OK(stile_engine_set_mode(engine, STILE_MODE_ENFORCE));
  expect_limit(worker, &exchange);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(field_more_than_the_limit_is_denied) {
  static stile_field fields[STILE_MAX_FIELDS + 1];
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  size_t i;
  for (i = 0; i <= STILE_MAX_FIELDS; ++i) {
    fields[i].name = str("X-A");
    fields[i].value = str("b");
  }
  exchange_init(&exchange, "/open");
  exchange.request.fields = fields;
  exchange.request.field_count = STILE_MAX_FIELDS;
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  exchange.request.field_count = STILE_MAX_FIELDS + 1;
  expect_limit(worker, &exchange);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(request_of_any_bytes_is_decided_about) {
  static const char kBytes[] = "\0\xff\x80\r\n\t %zz/../\\\"'<>;=,[]::";
  const stile_str bytes = {kBytes, sizeof kBytes - 1};
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/");
  add_field(&exchange, "Cookie", "");
  exchange.request.method = bytes;
  exchange.request.target = bytes;
  exchange.request.host = bytes;
  exchange.request.tls_fingerprint = bytes;
  exchange.fields[0].name = bytes;
  exchange.fields[1].value = bytes;
  exchange.fields[3].value = bytes;
  memcpy(exchange.request.country, "\xff\x01\x02\x03", 4);
  exchange.request.asn = 0xFFFFFFFFU;
  EXPECT(decide(worker, &exchange, NOW) != STILE_ACTION_ERROR);
  EXPECT(respond(worker, &exchange, NULL, NOW) >= 200);
  memset(&exchange.request, 0, sizeof exchange.request);
  exchange.request.struct_size = sizeof exchange.request;
  EXPECT(decide(worker, &exchange, NOW) > STILE_ACTION_ALLOW);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Oversights ------------------------------------------------------------------------------- */

TEST(decision_is_error_until_it_is_written) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/open");
  exchange.decision.action = STILE_ACTION_ALLOW;
  EXPECT_WRONG(stile_decide(NULL, &exchange.request, NOW, &exchange.decision));
  EXPECT_INT(exchange.decision.action, STILE_ACTION_ERROR);
  exchange.decision.action = STILE_ACTION_ALLOW;
  EXPECT_WRONG(stile_decide(worker, NULL, NOW, &exchange.decision));
  EXPECT_INT(exchange.decision.action, STILE_ACTION_ERROR);
  exchange.decision.action = STILE_ACTION_ALLOW;
  exchange.request.struct_size = 1;
  EXPECT_WRONG(stile_decide(worker, &exchange.request, NOW, &exchange.decision));
  EXPECT_INT(exchange.decision.action, STILE_ACTION_ERROR);
  exchange.decision.action = STILE_ACTION_ALLOW;
  EXPECT_WRONG(stile_decide_many(worker, &exchange.request, 1, NOW, &exchange.decision));
  EXPECT_INT(exchange.decision.action, STILE_ACTION_ERROR);
  exchange.request.struct_size = sizeof exchange.request;
  exchange.decision.action = STILE_ACTION_ALLOW;
  exchange.decision.struct_size = 8;
  EXPECT_WRONG(stile_decide(worker, &exchange.request, NOW, &exchange.decision));
  EXPECT_INT(exchange.decision.action, STILE_ACTION_ERROR);
  exchange.decision.action = STILE_ACTION_ALLOW;
  EXPECT_WRONG(stile_decide_many(worker, &exchange.request, 1, NOW, &exchange.decision));
  EXPECT_INT(exchange.decision.action, STILE_ACTION_ERROR);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Many at once ----------------------------------------------------------------------------- */

enum { MANY = 100 };

/* Structs of a caller that is newer than the library. */
struct long_request {
  stile_request ours;
  uint8_t more[40];
};
struct long_decision {
  stile_decision ours;
  uint8_t more[16];
};

/* Request `i` of a mixed lot: of every kind that there is, and of several clients. */
static void mixed(struct exchange* exchange, size_t i, const char* cookie) {
  static const char* const kTargets[] = {"/",       "/open/a", "/closed",        "/strict",
                                         "/api",    "/once",   "/.stile/redeem", "/robots.txt",
                                         "/docs?a", "//b"};
  exchange_init(exchange, kTargets[i % 10]);
  if (i % 3 == 0) add_field(exchange, "Cookie", cookie);
  if (i % 3 == 1) add_field(exchange, "Cookie", "stile=garbage");
  add_field(exchange, "X-Api", i % 4 == 0 ? "yes" : "no");
  if (i % 7 == 0) set_address(exchange, 203, 0, 113, (uint8_t)i);
  if (i % 11 == 0) exchange->request.host = str("shop.example");
  if (i % 13 == 0) exchange->request.site = stile_site_id(str("shop"));
  if (i % 17 == 0) exchange->request.field_count = STILE_MAX_FIELDS + 1;
  if (i % 17 == 0) exchange->request.fields = NULL;
  if (i % 19 == 0) exchange->request.method = str("POST");
  memcpy(exchange->request.country, "NO", 2);
}

/* Both of an engine of its own, so that budgets are alike. */
static void decide_mixed(const char* cookie, struct exchange* alone, struct long_decision* many) {
  static struct long_request requests[MANY];
  static struct exchange exchanges[MANY];
  static stile_field too_many[STILE_MAX_FIELDS + 1];
  stile_engine* const first = new_engine();
  stile_engine* const second = new_engine();
  stile_worker* const one_by_one = new_worker(first);
  stile_worker* const at_once = new_worker(second);
  size_t i;
  for (i = 0; i < MANY; ++i) {
    mixed(&alone[i], i, cookie);
    mixed(&exchanges[i], i, cookie);
    if (i % 17 == 0) alone[i].request.fields = too_many;
    if (i % 17 == 0) exchanges[i].request.fields = too_many;
    (void)decide(one_by_one, &alone[i], NOW);
    requests[i].ours = exchanges[i].request;
    requests[i].ours.struct_size = sizeof requests[i];
    memset(requests[i].more, 0xA5, sizeof requests[i].more);
    memset(&many[i], 0, sizeof many[i]);
    memset(many[i].more, 0xA5, sizeof many[i].more);
  }
  many[0].ours.struct_size = sizeof many[0];
  EXPECT_OK(stile_decide_many(at_once, &requests[0].ours, MANY, NOW, &many[0].ours));
  stile_worker_free(one_by_one);
  stile_worker_free(at_once);
  stile_engine_free(first);
  stile_engine_free(second);
}

TEST(deciding_about_many_gives_what_deciding_about_one_gives) {
  static struct exchange alone[MANY];
  static struct long_decision many[MANY];
  const struct clearance clearance = good_clearance();
  uint32_t seen = 0;
  size_t i;
  size_t j;
  decide_mixed(sealed_cookie(&clearance), alone, many);
  for (i = 0; i < MANY; ++i) {
    const stile_decision* const one = &alone[i].decision;
    const stile_decision* const other = &many[i].ours;
    EXPECT_INT(other->struct_size, sizeof many[0]);
    EXPECT_INT(other->action, one->action);
    EXPECT_INT(other->verdict, one->verdict);
    EXPECT_INT(other->flags, one->flags);
    EXPECT_INT(other->rank_held, one->rank_held);
    EXPECT_INT(other->rank_needed, one->rank_needed);
    EXPECT_INT(other->retry_after_s, one->retry_after_s);
    EXPECT_INT(other->body_limit, one->body_limit);
    EXPECT_INT(other->site, one->site);
    for (j = 0; j < sizeof many[i].more; ++j) EXPECT_INT(many[i].more[j], 0xA5);
    seen |= 1U << one->action;
  }
  EXPECT_INT(seen, 1U << 1 | 1U << 2 | 1U << 3 | 1U << 4);
}

TEST(decisions_about_many_name_their_rules) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  static struct exchange exchanges[3];
  stile_request requests[3];
  stile_decision decisions[3];
  size_t i;
  memset(decisions, 0, sizeof decisions);
  decisions[0].struct_size = sizeof decisions[0];
  exchange_init(&exchanges[0], "/open");
  exchange_init(&exchanges[1], "/closed");
  exchange_init(&exchanges[2], "/strict");
  for (i = 0; i < 3; ++i) requests[i] = exchanges[i].request;
  EXPECT_OK(stile_decide_many(worker, requests, 3, NOW, decisions));
  EXPECT_TEXT(decisions[0].rule, "open");
  EXPECT_TEXT(decisions[1].rule, "closed");
  EXPECT_TEXT(decisions[2].rule, "strict");
  EXPECT_TEXT(decisions[2].level, "light");
  EXPECT_OK(stile_respond(worker, &requests[2], &decisions[2], str(""), NOW, &exchanges[2].answer));
  EXPECT_INT(exchanges[2].answer.status, 403);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(one_wrong_request_among_many_is_an_error_and_the_others_are_decided) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_request requests[3];
  stile_decision decisions[3];
  size_t i;
  exchange_init(&exchange, "/open");
  for (i = 0; i < 3; ++i) requests[i] = exchange.request;
  requests[1].address_family = 9;
  memset(decisions, 0xFF, sizeof decisions);
  decisions[0].struct_size = sizeof decisions[0];
  for (i = 0; i < 3; ++i) decisions[i].action = STILE_ACTION_ALLOW;
  EXPECT_WRONG(stile_decide_many(worker, requests, 3, NOW, decisions));
  EXPECT_INT(decisions[0].action, STILE_ACTION_ALLOW);
  EXPECT_INT(decisions[1].action, STILE_ACTION_ERROR);
  EXPECT_INT(decisions[2].action, STILE_ACTION_ALLOW);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(deciding_about_none_is_good) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  EXPECT_OK(stile_decide_many(worker, NULL, 0, NOW, NULL));
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Counts ----------------------------------------------------------------------------------- */

TEST(decisions_are_counted_by_site_action_and_verdict) {
  stile_engine* const engine = new_engine();
  stile_worker* const first = new_worker(engine);
  stile_worker* const second = new_worker(engine);
  const struct clearance clearance = good_clearance();
  struct exchange exchange;
  stile_stats stats;
  uint64_t count = 0;
  int i;
  exchange_init(&exchange, "/");
  (void)decide(first, &exchange, NOW);
  (void)decide(second, &exchange, NOW);
  exchange.request.host = str("shop.example");
  (void)decide(second, &exchange, NOW);
  exchange_init(&exchange, "/closed");
  (void)decide(first, &exchange, NOW);
  exchange_init(&exchange, "/");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  for (i = 0; i < 3; ++i) (void)decide(first, &exchange, NOW);
  stile_worker_free(first); /* Takes nothing along. */
  stats = stats_of(engine);
  EXPECT_INT(stats.challenged, 3);
  EXPECT_INT(stats.denied, 1);
  EXPECT_INT(stats.allowed, 3);
  EXPECT_INT(stats.served, 0);
  EXPECT_OK(
      stile_engine_decisions(engine, 0, STILE_ACTION_CHALLENGE, STILE_VERDICT_ABSENT, &count));
  EXPECT_INT(count, 2);
  EXPECT_OK(
      stile_engine_decisions(engine, 1, STILE_ACTION_CHALLENGE, STILE_VERDICT_ABSENT, &count));
  EXPECT_INT(count, 1);
  EXPECT_OK(stile_engine_decisions(engine, 0, STILE_ACTION_ALLOW, STILE_VERDICT_VALID, &count));
  EXPECT_INT(count, 3);
  stile_worker_free(second);
  stile_engine_free(engine);
}
