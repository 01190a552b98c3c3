/* Engines of the tests' configuration, and a proxy's side of a request. Knows Stile by stile.h
 * alone. */
#ifndef STILE_TESTS_CAPI_FIXTURE_H_
#define STILE_TESTS_CAPI_FIXTURE_H_

#include <stddef.h>
#include <stdint.h>
#include <stile.h>

#include "tests/capi/check.h"
#include "tests/capi/files.h"

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
