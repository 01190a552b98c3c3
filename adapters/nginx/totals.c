#include "totals.h"

#include <stddef.h>

// A metric's family, its labels, and where an engine's stats have it.
typedef struct {
  const char* family;  // NULL: that of the count before.
  const char* text;
  const char* labels;
  size_t offset;
} ngx_http_stile_count_t;

static const ngx_http_stile_count_t kCounts[NGX_HTTP_STILE_COUNTS] = {
    {"stile_decisions_total", "Requests, by what was decided", "action=\"allow\"",
     offsetof(stile_stats, allowed)},
    {NULL, NULL, "action=\"challenge\"", offsetof(stile_stats, challenged)},
    {NULL, NULL, "action=\"deny\"", offsetof(stile_stats, denied)},
    {NULL, NULL, "action=\"serve\"", offsetof(stile_stats, served)},
    {"stile_challenges_issued_total", "Challenges issued", "",
     offsetof(stile_stats, challenges_issued)},
    {"stile_issue_failures_total", "Challenges that could not be issued", "",
     offsetof(stile_stats, issue_failures)},
    {"stile_redeems_total", "Solutions handed in", "result=\"cleared\"",
     offsetof(stile_stats, redeemed)},
    {NULL, NULL, "result=\"refused\"", offsetof(stile_stats, redeems_refused)},
    {"stile_clearances_renewed_total", "Clearances extended while they were in use", "",
     offsetof(stile_stats, renewed)},
    {"stile_tokens_sold_total", "Response tokens sold", "", offsetof(stile_stats, tokens_sold)},
    {"stile_client_ip_unknown_total", "Requests without a known client address", "",
     offsetof(stile_stats, client_address_unknown)},
};

static uint64_t Counted(const stile_stats* stats, ngx_uint_t i) {
  return *(const uint64_t*)((const char*)stats + kCounts[i].offset);
}

void ngx_http_stile_totals_add(stile_engine* engine, ngx_http_stile_totals_t* told,
                               ngx_http_stile_totals_t* totals) {
  stile_stats stats;
  ngx_uint_t i;

  ngx_memzero(&stats, sizeof(stats));
  stats.struct_size = sizeof(stats);
  if (stile_engine_stats(engine, &stats) != STILE_OK) return;
  for (i = 0; i < NGX_HTTP_STILE_COUNTS; i++) {
    ngx_atomic_uint_t counted = (ngx_atomic_uint_t)Counted(&stats, i);
    if (counted == told->counts[i]) continue;
    ngx_atomic_fetch_add(&totals->counts[i], (ngx_atomic_int_t)(counted - told->counts[i]));
    told->counts[i] = counted;
  }
}

size_t ngx_http_stile_totals_room(void) { return NGX_HTTP_STILE_COUNTS * 256; }

u_char* ngx_http_stile_totals_write(const ngx_http_stile_totals_t* totals, u_char* out,
                                    u_char* end) {
  const char* family = "";
  ngx_uint_t i;

  for (i = 0; i < NGX_HTTP_STILE_COUNTS; i++) {
    const ngx_http_stile_count_t* count = &kCounts[i];
    if (count->family != NULL) {
      family = count->family;
      out =
          ngx_slprintf(out, end, "# HELP %s %s.\n# TYPE %s counter\n", family, count->text, family);
    }
    out = ngx_slprintf(out, end, count->labels[0] ? "%s{%s} %uA\n" : "%s%s %uA\n", family,
                       count->labels, totals->counts[i]);
  }
  return out;
}
