/* A visitor's side of docs/wire-format.md, written for the tests of stile.h: finds a challenge in
 * an answer, waits for it, and can seal a clearance as whoever holds the fixture's secret. */
#ifndef STILE_TESTS_CAPI_VISITOR_H_
#define STILE_TESTS_CAPI_VISITOR_H_

#include <stddef.h>
#include <stdint.h>
#include <stile.h>

#include "tests/capi/fixture.h"

/* The challenge in a page or in JSON, zero-terminated, in a buffer that the next call reuses. */
const char* challenge_in(stile_str body);

/* Index of the alternative of `challenge` that waits. */
int wait_index(const char* challenge);
/* The solution of that alternative: nothing but its index. */
const char* wait_solution(const char* challenge);

/* Redeems what `challenge` asks for by waiting. Returns the answer's status. */
uint32_t redeem_form(stile_worker* worker, struct exchange* exchange, const char* challenge,
                     int64_t now_ms);
uint32_t redeem_json(stile_worker* worker, struct exchange* exchange, const char* challenge,
                     int64_t now_ms);

/* The way of a visitor to a clearance, from a challenge at `now_ms` to its redemption 5 s later.
 * Returns name and value of the cookie, in a buffer that the next call reuses. */
const char* earn_clearance(stile_worker* worker, int64_t now_ms);

/* A clearance of the site "main" for the browser at 192.0.2.7, of rank 2 by sha256. */
struct clearance {
  uint8_t key_id;
  uint8_t rank;
  uint8_t number; /* Its id. */
  int64_t issued_at;
  int64_t expires_at; /* Seconds. */
};
/* Name and value of the cookie that holds it, sealed with SECRET, in a buffer that the next call
 * reuses. Binds to nothing. */
const char* sealed_cookie(const struct clearance* clearance);

#endif /* STILE_TESTS_CAPI_VISITOR_H_ */
