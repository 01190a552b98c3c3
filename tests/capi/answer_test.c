/* Answers: what a client gets, and how a proxy comes by its bytes. */
#include <stdlib.h>
#include <string.h>

#include "tests/capi/fixture.h"
#include "tests/capi/visitor.h"

static char message[ROOM];

/* --- What a client gets ----------------------------------------------------------------------- */

TEST(browser_gets_a_page) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/docs");
  EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
  EXPECT(has(field_of(&exchange.answer, "Content-Type"), "text/html"));
  EXPECT_TEXT(field_of(&exchange.answer, "Cache-Control"), "no-store");
  EXPECT(has(exchange.answer.body, "</html>") || has(exchange.answer.body, "<form"));
  EXPECT(exchange.answer.reference.size >= 28);
  EXPECT(has(exchange.answer.body, "challenge"));
  EXPECT_INT(stats_of(engine).challenges_issued, 1);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* The challenge that a program gets: the address of one in a field, and JSON there. */
static void fetch_json(stile_worker* worker, struct exchange* exchange, int64_t now_ms) {
  char address[2048];
  stile_str field;
  exchange_init(exchange, "/data");
  exchange->fields[2].value = str("application/json");
  EXPECT_INT(ask(worker, exchange, NULL, now_ms), 403);
  EXPECT(has(field_of(&exchange->answer, "Content-Type"), "application/json"));
  field = field_of(&exchange->answer, "Stile-Challenge");
  EXPECT(field.size > 0 && field.size < sizeof address);
  memcpy(address, field.data, field.size);
  address[field.size] = '\0';
  exchange_init(exchange, address);
  exchange->fields[2].value = str("application/json");
  EXPECT_INT(decide(worker, exchange, now_ms), STILE_ACTION_SERVE);
  (void)respond(worker, exchange, NULL, now_ms);
}

TEST(program_gets_json_and_clears_itself) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  fetch_json(worker, &exchange, NOW);
  EXPECT_INT(redeem_json(worker, &exchange, challenge_in(exchange.answer.body), NOW + 5000), 200);
  EXPECT(has(exchange.answer.body, "\"cleared\":true"));
  EXPECT(exchange.cookie[0] != '\0');
  EXPECT_INT(stats_of(engine).redeemed, 1);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(form_is_sent_back_with_a_cookie_that_opens_the_way) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  char cookie[1024];
  exchange_init(&exchange, "/docs?a=1");
  EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
  EXPECT_INT(redeem_form(worker, &exchange, challenge_in(exchange.answer.body), NOW + 5000), 303);
  EXPECT_TEXT(field_of(&exchange.answer, "Location"), "/docs?a=1");
  EXPECT(has(field_of(&exchange.answer, "Set-Cookie"), "HttpOnly"));
  EXPECT(strncmp(exchange.cookie, "stile=", 6) == 0);
  strcpy(cookie, exchange.cookie);
  exchange_init(&exchange, "/docs?a=1");
  add_field(&exchange, "Cookie", cookie);
  EXPECT_INT(ask(worker, &exchange, NULL, NOW + 5000), 0);
  EXPECT_INT(exchange.answer.field_count, 0);
  EXPECT_INT(exchange.answer.body.size, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(https_gets_a_host_cookie) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/");
  exchange.request.flags = STILE_REQUEST_HTTPS;
  EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
  {
    const char* const challenge = challenge_in(exchange.answer.body);
    const char* const body =
        format("challenge=%s&solution=%s", challenge, wait_solution(challenge));
    exchange_init(&exchange, "/.stile/redeem");
    exchange.request.flags = STILE_REQUEST_HTTPS;
    exchange.request.method = str("POST");
    add_field(&exchange, "Content-Type", "application/x-www-form-urlencoded");
    EXPECT_INT(ask(worker, &exchange, body, NOW + 5000), 303);
  }
  EXPECT(strncmp(exchange.cookie, "__Host-stile=", 13) == 0);
  EXPECT(has(field_of(&exchange.answer, "Set-Cookie"), "Secure"));
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(impatient_form_earns_nothing) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/");
  EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
  EXPECT_INT(redeem_form(worker, &exchange, challenge_in(exchange.answer.body), NOW + 4000), 403);
  EXPECT_INT(exchange.cookie[0], '\0');
  EXPECT_INT(stats_of(engine).redeemed, 0);
  EXPECT_INT(stats_of(engine).redeems_refused, 1);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(denied_client_gets_a_page_of_its_own) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/closed");
  EXPECT_INT(ask(worker, &exchange, NULL, NOW), 403);
  EXPECT(exchange.answer.reference.size >= 28);
  EXPECT(!has(exchange.answer.body, "name=challenge"));
  EXPECT_INT(stats_of(engine).challenges_issued, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(body_that_is_too_long_gets_413) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  stile_answer answer;
  memset(&answer, 0, sizeof answer);
  answer.struct_size = sizeof answer;
  EXPECT_OK(stile_respond_too_long(worker, &answer));
  EXPECT_INT(answer.status, 413);
  EXPECT(answer.body.size > 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(body_over_the_limit_is_answered_as_too_long) {
  static char body[ROOM];
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_str text = {body, 0};
  memset(body, 'a', sizeof body);
  exchange_init(&exchange, "/.stile/redeem");
  exchange.request.method = str("POST");
  add_field(&exchange, "Content-Type", "application/x-www-form-urlencoded");
  (void)decide(worker, &exchange, NOW);
  text.size = exchange.decision.body_limit;
  EXPECT_OK(
      stile_respond(worker, &exchange.request, &exchange.decision, text, NOW, &exchange.answer));
  ++text.size;
  EXPECT_OK(
      stile_respond(worker, &exchange.request, &exchange.decision, text, NOW, &exchange.answer));
  EXPECT_INT(exchange.answer.status, 413);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* A proxy that hands over every body it has must not get an error for it, which may fail open. */
TEST(body_that_nobody_asked_for_is_not_looked_at) {
  static char body[ROOM];
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  const stile_str text = {body, sizeof body};
  exchange_init(&exchange, "/strict");
  exchange.request.method = str("POST");
  (void)decide(worker, &exchange, NOW);
  EXPECT_INT(exchange.decision.action, STILE_ACTION_CHALLENGE);
  EXPECT_OK(
      stile_respond(worker, &exchange.request, &exchange.decision, text, NOW, &exchange.answer));
  EXPECT_INT(exchange.answer.status, 403);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(decision_is_answered_a_while_later_by_another_worker) {
  stile_engine* const engine = new_engine();
  stile_worker* const first = new_worker(engine);
  stile_worker* const second = new_worker(engine);
  struct exchange exchange;
  struct exchange other;
  stile_decision kept;
  exchange_init(&exchange, "/docs");
  (void)decide(first, &exchange, NOW);
  kept = exchange.decision;
  exchange_init(&other, "/open");
  (void)decide(first, &other, NOW);
  stile_worker_free(first);
  EXPECT_OK(stile_respond(second, &exchange.request, &kept, str(""), NOW + 100, &other.answer));
  EXPECT_INT(other.answer.status, 403);
  EXPECT(*challenge_in(other.answer.body) != '\0');
  stile_worker_free(second);
  stile_engine_free(engine);
}

/* --- Bytes ------------------------------------------------------------------------------------ */

TEST(answer_is_written_as_a_message) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_str text = {message, 0};
  exchange_init(&exchange, "/docs");
  (void)ask(worker, &exchange, NULL, NOW);
  EXPECT_OK(stile_answer_write(&exchange.answer, 0, message, sizeof message, &text.size));
  EXPECT(strncmp(message, "HTTP/1.1 403 Forbidden\r\n", 24) == 0);
  EXPECT(has(text, "\r\nCache-Control: no-store\r\n"));
  EXPECT(has(text, format("\r\nContent-Length: %zu\r\n", exchange.answer.body.size)));
  EXPECT(!has(text, "Connection:"));
  EXPECT(memcmp(message + text.size - exchange.answer.body.size, exchange.answer.body.data,
                exchange.answer.body.size) == 0);
  EXPECT(memcmp(message + text.size - exchange.answer.body.size - 4, "\r\n\r\n", 4) == 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(head_gets_no_body_and_its_length) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_str text = {message, 0};
  exchange_init(&exchange, "/docs");
  (void)ask(worker, &exchange, NULL, NOW);
  EXPECT_OK(stile_answer_write(&exchange.answer, STILE_WRITE_HEAD_ONLY | STILE_WRITE_CLOSE, message,
                               sizeof message, &text.size));
  EXPECT(has(text, format("\r\nContent-Length: %zu\r\n", exchange.answer.body.size)));
  EXPECT(has(text, "\r\nConnection: close\r\n"));
  EXPECT(memcmp(message + text.size - 4, "\r\n\r\n", 4) == 0);
  EXPECT(text.size < exchange.answer.body.size);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(answer_without_a_status_is_no_message) {
  stile_answer answer;
  size_t size = 7;
  memset(&answer, 0, sizeof answer);
  answer.struct_size = sizeof answer;
  EXPECT_WRONG(stile_answer_write(&answer, 0, message, sizeof message, &size));
  EXPECT_INT(size, 7);
}

TEST(answer_with_no_content_has_no_length) {
  stile_answer answer;
  stile_str text = {message, 0};
  memset(&answer, 0, sizeof answer);
  answer.struct_size = sizeof answer;
  answer.status = 204;
  EXPECT_OK(stile_answer_write(&answer, 0, message, sizeof message, &text.size));
  EXPECT_TEXT(text, "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(room_that_is_too_small_is_told_how_much_it_takes) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_answer copy;
  size_t size = 0;
  size_t needed = 0;
  char* exact;
  memset(&copy, 0, sizeof copy);
  copy.struct_size = sizeof copy;
  exchange_init(&exchange, "/docs");
  (void)ask(worker, &exchange, NULL, NOW);
  memset(message, 'Z', sizeof message);
  EXPECT_INT(stile_answer_write(&exchange.answer, 0, NULL, 0, &needed), STILE_ERR_NO_ROOM);
  EXPECT_INT(stile_answer_write(&exchange.answer, 0, message, needed - 1, &size),
             STILE_ERR_NO_ROOM);
  EXPECT_INT(size, needed);
  EXPECT_INT(message[0], 'Z');
  exact = malloc(needed);
  EXPECT(exact != NULL);
  EXPECT_OK(stile_answer_write(&exchange.answer, 0, exact, needed, &size));
  free(exact);

  needed = 0;
  EXPECT_INT(stile_answer_copy(&exchange.answer, NULL, 0, &needed, &copy), STILE_ERR_NO_ROOM);
  EXPECT_INT(copy.status, 0);
  EXPECT_INT(stile_answer_copy(&exchange.answer, message, needed - 1, &size, &copy),
             STILE_ERR_NO_ROOM);
  EXPECT_INT(size, needed);
  exact = malloc(needed);
  EXPECT(exact != NULL);
  EXPECT_OK(stile_answer_copy(&exchange.answer, exact, needed, &size, &copy));
  EXPECT_INT(copy.status, 403);
  free(exact);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(copy_outlives_the_next_request_and_its_worker) {
  static char memory[ROOM];
  static char before[ROOM];
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_answer copy;
  size_t size = 0;
  size_t written = 0;
  memset(&copy, 0, sizeof copy);
  copy.struct_size = sizeof copy;
  exchange_init(&exchange, "/docs");
  (void)ask(worker, &exchange, NULL, NOW);
  EXPECT_OK(stile_answer_write(&exchange.answer, 0, before, sizeof before, &written));
  EXPECT_OK(stile_answer_copy(&exchange.answer, memory, sizeof memory, &size, &copy));
  exchange_init(&exchange, "/closed");
  (void)ask(worker, &exchange, NULL, NOW + 1);
  stile_worker_free(worker);
  stile_engine_free(engine);
  EXPECT_OK(stile_answer_write(&copy, 0, message, sizeof message, &size));
  EXPECT_INT(size, written);
  EXPECT(memcmp(message, before, size) == 0);
  EXPECT(copy.reference.data >= memory && copy.reference.data < memory + sizeof memory);
}

struct pieces {
  char text[ROOM];
  size_t size;
  int calls;
  int fail_at; /* 0: never. */
  stile_status with;
};

static stile_status take_piece(void* user, const char* data, size_t size) {
  struct pieces* const pieces = user;
  if (++pieces->calls == pieces->fail_at) return pieces->with;
  EXPECT(size > 0 && size <= sizeof pieces->text - pieces->size);
  memcpy(pieces->text + pieces->size, data, size);
  pieces->size += size;
  return STILE_OK;
}

TEST(pieces_are_the_message) {
  static struct pieces pieces;
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  size_t size = 0;
  exchange_init(&exchange, "/docs");
  (void)ask(worker, &exchange, NULL, NOW);
  EXPECT_OK(
      stile_answer_write(&exchange.answer, STILE_WRITE_CLOSE, message, sizeof message, &size));
  EXPECT_OK(stile_answer_send(&exchange.answer, STILE_WRITE_CLOSE, take_piece, &pieces));
  EXPECT(pieces.calls <= 3); /* A packet each, where they go to a socket. */
  EXPECT_INT(pieces.size, size);
  EXPECT(memcmp(pieces.text, message, size) == 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(error_of_a_piece_comes_back_and_ends_the_text) {
  static struct pieces pieces;
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  exchange_init(&exchange, "/docs");
  (void)ask(worker, &exchange, NULL, NOW);
  pieces.fail_at = 1;
  pieces.with = STILE_ERR_NO_ROOM;
  EXPECT_INT(stile_answer_send(&exchange.answer, 0, take_piece, &pieces), STILE_ERR_NO_ROOM);
  EXPECT_INT(pieces.calls, 1);
  memset(&pieces, 0, sizeof pieces);
  exchange.answer.body.data = message; /* Longer than what is held back: a piece of its own. */
  exchange.answer.body.size = 10000;
  pieces.fail_at = 2;
  pieces.with = 12345;
  EXPECT_INT(stile_answer_send(&exchange.answer, 0, take_piece, &pieces), 12345);
  EXPECT_INT(pieces.calls, 2);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- What the origin makes of it -------------------------------------------------------------- */

TEST(outcome_of_any_request_can_be_noted) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  const stile_outcome failed = {sizeof failed, 502, 20, 0};
  const stile_outcome none = {sizeof none, 0, 0, 0};
  struct exchange exchange;
  exchange_init(&exchange, "/strict");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_OK(stile_note_outcome(worker, &exchange.request, &exchange.decision, &failed, NOW));
  EXPECT_OK(stile_note_outcome(worker, &exchange.request, &exchange.decision, &none, NOW));
  exchange_init(&exchange, "/strict");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_CHALLENGE);
  EXPECT_OK(stile_note_outcome(worker, &exchange.request, &exchange.decision, &failed, NOW));
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Renewal, the origin's cookies ------------------------------------------------------------ */

TEST(clearance_that_ends_soon_is_renewed) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct clearance clearance = {1, 2, 1, NOW / 1000 - 40000, NOW / 1000 + 2000};
  struct exchange exchange;
  stile_str cookie = {NULL, 0};
  char renewed[512];
  size_t size = 0;
  exchange_init(&exchange, "/strict");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_OK(stile_renew(worker, &exchange.request, &exchange.decision, NOW, &cookie));
  EXPECT(cookie.size > 100);
  while (size < cookie.size && cookie.data[size] != ';') ++size;
  memcpy(renewed, cookie.data, size);
  renewed[size] = '\0';
  EXPECT_INT(stats_of(engine).renewed, 1);
  exchange_init(&exchange, "/strict");
  add_field(&exchange, "Cookie", renewed);
  EXPECT_INT(decide(worker, &exchange, NOW + 4000000), STILE_ACTION_ALLOW);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(clearance_that_lasts_is_not_renewed) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  struct exchange exchange;
  stile_str cookie = {"before", 6};
  exchange_init(&exchange, "/strict");
  add_field(&exchange, "Cookie", sealed_cookie(&clearance));
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_OK(stile_renew(worker, &exchange.request, &exchange.decision, NOW, &cookie));
  EXPECT_INT(cookie.size, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(stranger_has_nothing_to_renew) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_str cookie = {"before", 6};
  exchange_init(&exchange, "/open");
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_ALLOW);
  EXPECT_OK(stile_renew(worker, &exchange.request, &exchange.decision, NOW, &cookie));
  EXPECT_INT(cookie.size, 0);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* What the origin sees of this Cookie field. */
static stile_str stripped(const char* cookie) {
  static char out[1024];
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  stile_str left = {out, 0};
  exchange_init(&exchange, "/");
  EXPECT_OK(stile_strip_clearance(worker, &exchange.request, str(cookie), out, strlen(cookie),
                                  &left.size));
  stile_worker_free(worker);
  stile_engine_free(engine);
  return left;
}

TEST(origin_sees_every_cookie_but_ours) {
  EXPECT_TEXT(stripped("a=1; stile=abc; b=2"), "a=1; b=2");
  EXPECT_TEXT(stripped("a=1; b=2"), "a=1; b=2");
  EXPECT_TEXT(stripped("notstile=1"), "notstile=1");
}

TEST(field_of_our_cookie_alone_is_left_out) {
  EXPECT_INT(stripped("stile=abc").size, 0);
  EXPECT_INT(stripped("").size, 0);
}

TEST(stripping_needs_room_for_the_whole_field) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  struct exchange exchange;
  size_t size = 7;
  char out[8];
  exchange_init(&exchange, "/");
  EXPECT_INT(
      stile_strip_clearance(worker, &exchange.request, str("a=123456789"), out, sizeof out, &size),
      STILE_ERR_NO_ROOM);
  stile_worker_free(worker);
  stile_engine_free(engine);
}

/* --- Response tokens -------------------------------------------------------------------------- */

/* Buys a token for the action "vote", into `token`. */
static void buy(stile_worker* worker, const char* cookie, char* token, size_t room) {
  static const char kBefore[] = "\"token\":\"";
  struct exchange exchange;
  size_t at = 0;
  size_t size = 0;
  exchange_init(&exchange, "/.stile/token");
  exchange.request.method = str("POST");
  add_field(&exchange, "Content-Type", "application/json");
  add_field(&exchange, "Cookie", cookie);
  EXPECT_INT(decide(worker, &exchange, NOW), STILE_ACTION_SERVE);
  EXPECT_INT(respond(worker, &exchange, "{\"action\":\"vote\"}", NOW), 200);
  while (memcmp(exchange.answer.body.data + at, kBefore, sizeof kBefore - 1) != 0) ++at;
  at += sizeof kBefore - 1;
  while (exchange.answer.body.data[at + size] != '"') ++size;
  EXPECT(size < room);
  memcpy(token, exchange.answer.body.data + at, size);
  token[size] = '\0';
}

static stile_str verify(stile_worker* worker, const char* site, const char* secret,
                        const char* token, stile_answer* answer) {
  memset(answer, 0, sizeof *answer);
  answer->struct_size = sizeof *answer;
  EXPECT_OK(stile_siteverify(
      worker, site == NULL ? 0 : stile_site_id(str(site)), str("application/x-www-form-urlencoded"),
      str(format("secret=%s&response=%s", secret, token)), NOW + 1000, answer));
  EXPECT_INT(answer->status, 200);
  return answer->body;
}

TEST(bought_token_is_good_once) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  char token[1024];
  stile_answer answer;
  stile_str body;
  buy(worker, sealed_cookie(&clearance), token, sizeof token);
  EXPECT_INT(stats_of(engine).tokens_sold, 1);
  EXPECT(has(verify(worker, "main", OTHER_SECRET, token, &answer), "invalid-input-secret"));
  body = verify(worker, "main", BACKEND_SECRET, token, &answer);
  EXPECT(has(body, "\"success\":true"));
  EXPECT(has(body, "\"action\":\"vote\""));
  body = verify(worker, "main", BACKEND_SECRET, token, &answer);
  EXPECT(has(body, "\"success\":false"));
  EXPECT(has(body, "timeout-or-duplicate"));
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(token_is_found_by_its_secret_where_no_site_is_named) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  char token[1024];
  stile_answer answer;
  buy(worker, sealed_cookie(&clearance), token, sizeof token);
  EXPECT(has(verify(worker, "shop", BACKEND_SECRET, token, &answer), "invalid-input-secret"));
  EXPECT(has(verify(worker, NULL, BACKEND_SECRET, token, &answer), "\"success\":true"));
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(token_is_not_good_again_after_a_reload) {
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  const struct clearance clearance = {1, 2, 1, NOW / 1000 - 60, NOW / 1000 + 43140};
  const stile_engine_options options = options_at(NOW, 1000);
  struct files files;
  char token[1024];
  char other[1024];
  stile_answer answer;
  buy(worker, sealed_cookie(&clearance), token, sizeof token);
  buy(worker, sealed_cookie(&clearance), other, sizeof other);
  EXPECT(has(verify(worker, "main", BACKEND_SECRET, token, &answer), "\"success\":true"));
  files_init(&files);
  files_set(&files, "policy.toml", POLICY "# Changed.\n");
  EXPECT_OK(stile_engine_reload(engine, &files.config, &options, NULL));
  EXPECT(has(verify(worker, "main", BACKEND_SECRET, token, &answer), "timeout-or-duplicate"));
  EXPECT(has(verify(worker, "main", BACKEND_SECRET, other, &answer), "\"success\":true"));
  stile_worker_free(worker);
  stile_engine_free(engine);
}

TEST(question_of_a_backend_that_is_too_long_is_no_call) {
  static char body[ROOM];
  const stile_str text = {body, sizeof body};
  stile_engine* const engine = new_engine();
  stile_worker* const worker = new_worker(engine);
  stile_answer answer;
  memset(&answer, 0, sizeof answer);
  answer.struct_size = sizeof answer;
  memset(body, 'a', sizeof body);
  EXPECT_WRONG(stile_siteverify(worker, 0, str("application/json"), text, NOW, &answer));
  stile_worker_free(worker);
  stile_engine_free(engine);
}
