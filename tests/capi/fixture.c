#include "tests/capi/fixture.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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
