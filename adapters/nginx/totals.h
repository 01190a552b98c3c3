// What all workers of all cycles have done with one stile.toml, in its shared memory zone.
#ifndef STILE_ADAPTERS_NGINX_TOTALS_H_
#define STILE_ADAPTERS_NGINX_TOTALS_H_

#include <ngx_config.h>
#include <ngx_core.h>
#include <stile.h>

enum { NGX_HTTP_STILE_COUNTS = 11 };

// Counts in the order of kCounts in totals.c.
typedef struct {
  ngx_atomic_t counts[NGX_HTTP_STILE_COUNTS];
} ngx_http_stile_totals_t;

// Adds what `engine` has done in this process and `told` doesn't say yet. Any process may be adding
// too.
void ngx_http_stile_totals_add(stile_engine* engine, ngx_http_stile_totals_t* told,
                               ngx_http_stile_totals_t* totals);

// How many bytes ngx_http_stile_totals_write needs at most.
size_t ngx_http_stile_totals_room(void);

// Writes `totals` in Prometheus' text format; returns the end of what it wrote.
u_char* ngx_http_stile_totals_write(const ngx_http_stile_totals_t* totals, u_char* out,
                                    u_char* end);

#endif  // STILE_ADAPTERS_NGINX_TOTALS_H_
