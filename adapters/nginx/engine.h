// An engine of one stile.toml, and what belongs to it: its tables in a shared memory zone, and this
// process's worker.
//
// Every configuration of nginx (a cycle) has its own. The master makes it while it takes the cycle
// into service, so that `nginx -t` finds its mistakes and a reload with one leaves nginx with what
// it had. The engine of the last cycle is its predecessor: it is judged against that.
#ifndef STILE_ADAPTERS_NGINX_ENGINE_H_
#define STILE_ADAPTERS_NGINX_ENGINE_H_

#include <ngx_config.h>
#include <ngx_core.h>
#include <stile.h>

#include "totals.h"

typedef struct {
  ngx_str_t path;         // Of its stile.toml, from the root.
  ngx_str_t folder;       // Its beginning, up to the last slash: what its paths are relative to.
  ngx_str_t tables_path;  // A table file that others share too; empty: the zone below.
  size_t zone_size;       // As configured; 0: what the tables need.
  ngx_array_t sites;      // Of ngx_str_t: names that a stile_site has.
  ngx_shm_zone_t* zone;
  stile_tables* tables;
  stile_engine* engine;
  stile_worker* worker;             // NULL in the master.
  ngx_http_stile_totals_t* totals;  // In the zone.
  ngx_http_stile_totals_t told;     // What this process has added there.
} ngx_http_stile_engine_t;

// Adds an engine of the stile.toml at `path` to `engines`, or finds the one that is there. NULL if
// there is no memory.
ngx_http_stile_engine_t* ngx_http_stile_engine_add(ngx_conf_t* cf, ngx_array_t* engines,
                                                   const ngx_str_t* path);

// Asks for its zone, of a size that depends on the stile.toml. At the end of http { }. Logs
// mistakes.
ngx_int_t ngx_http_stile_engine_reserve(ngx_conf_t* cf, ngx_http_stile_engine_t* engine, void* tag);

// Frees the engines of the cycle before. The master calls it before it unmaps their zones.
void ngx_http_stile_engines_serve(ngx_array_t* engines);

// Makes this process's workers, and the timer that ticks once a second.
void ngx_http_stile_engines_start(ngx_cycle_t* cycle, ngx_array_t* engines);
void ngx_http_stile_engines_stop(ngx_array_t* engines);

// This process's worker of `engine`; NULL if none can be made.
stile_worker* ngx_http_stile_engine_worker(ngx_http_stile_engine_t* engine, ngx_log_t* log);

// Unix time, in milliseconds, as of this turn of the event loop.
int64_t ngx_http_stile_now_ms(void);

#endif  // STILE_ADAPTERS_NGINX_ENGINE_H_
