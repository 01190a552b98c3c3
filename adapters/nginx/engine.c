#include "engine.h"

#include <ngx_event.h>

#include "config_files.h"

// The engines of the cycle that serves. The library of this module stays in memory from one cycle
// to the next, so the next one finds its predecessors here.
static ngx_array_t* serving;

static ngx_event_t ticker;

static size_t TotalsAt(void) { return ngx_align(sizeof(ngx_slab_pool_t), 64); }

// Where tables begin in a zone. Before them are the head of nginx's slab pool, whose mutex nginx
// looks at when a worker dies, and the totals; nothing is ever taken from the pool.
static size_t TablesAt(void) { return ngx_align(TotalsAt() + sizeof(ngx_http_stile_totals_t), 64); }

int64_t ngx_http_stile_now_ms(void) {
  ngx_time_t* now = ngx_timeofday();
  return (int64_t)now->sec * 1000 + (int64_t)now->msec;
}

static void FreeEngine(void* data) {
  ngx_http_stile_engine_t* engine = data;
  stile_worker_free(engine->worker);
  engine->worker = NULL;
  stile_engine_free(engine->engine);
  engine->engine = NULL;
  stile_tables_free(engine->tables);
  engine->tables = NULL;
}

ngx_http_stile_engine_t* ngx_http_stile_engine_add(ngx_conf_t* cf, ngx_array_t* engines,
                                                   const ngx_str_t* path) {
  ngx_http_stile_engine_t** all = engines->elts;
  ngx_http_stile_engine_t* engine;
  ngx_pool_cleanup_t* cleanup;
  ngx_uint_t i;
  size_t end;

  for (i = 0; i < engines->nelts; i++) {
    if (all[i]->path.len == path->len &&
        ngx_memcmp(all[i]->path.data, path->data, path->len) == 0) {
      return all[i];
    }
  }
  all = ngx_array_push(engines);
  cleanup = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_stile_engine_t));
  if (all == NULL || cleanup == NULL) return NULL;
  engine = cleanup->data;
  ngx_memzero(engine, sizeof(ngx_http_stile_engine_t));
  if (ngx_array_init(&engine->sites, cf->pool, 4, sizeof(ngx_str_t)) != NGX_OK) return NULL;
  cleanup->handler = FreeEngine;
  engine->path = *path;
  for (end = path->len; end > 0 && path->data[end - 1] != '/'; end--) {
  }
  engine->folder.data = path->data;
  engine->folder.len = end;
  *all = engine;
  return engine;
}

// --- Into service ---

static void LogFinding(void* user, int32_t level, stile_str place, stile_str message) {
  ngx_log_t* log = user;
  ngx_str_t where = {place.size, (u_char*)place.data};
  ngx_str_t what = {message.size, (u_char*)message.data};
  ngx_uint_t how = NGX_LOG_INFO;

  if (level == STILE_LOG_ERROR) how = NGX_LOG_EMERG;
  if (level == STILE_LOG_WARNING) how = NGX_LOG_WARN;
  if (where.len != 0) {
    ngx_log_error(how, log, 0, "stile: %V: %V", &where, &what);
  } else {
    ngx_log_error(how, log, 0, "stile: %V", &what);
  }
}

// The stile.toml at `engine`'s path and whatever it names, read when it is asked for.
static void DescribeConfig(const ngx_http_stile_engine_t* engine,
                           ngx_http_stile_config_files_t* files, stile_config* config) {
  ngx_memzero(config, sizeof(stile_config));
  config->struct_size = sizeof(stile_config);
  config->name.data = (const char*)engine->path.data;
  config->name.size = engine->path.len;
  config->read = ngx_http_stile_config_files_read;
  config->read_user = files;
}

static void DescribeReport(ngx_log_t* log, stile_report* report) {
  ngx_memzero(report, sizeof(stile_report));
  report->struct_size = sizeof(stile_report);
  report->log = log != NULL ? LogFinding : NULL;
  report->log_user = log;
}

static ngx_int_t Fail(ngx_log_t* log, const ngx_http_stile_engine_t* engine, const char* what,
                      stile_status status) {
  ngx_log_error(NGX_LOG_EMERG, log, 0, "stile: %V: %s: %s", &engine->path, what,
                stile_status_text(status));
  return NGX_ERROR;
}

static stile_status MakeEngine(ngx_http_stile_engine_t* engine, ngx_log_t* log,
                               const stile_engine* predecessor, stile_engine** made) {
  ngx_http_stile_config_files_t files;
  stile_engine_options options;
  stile_config config;
  stile_report report;
  stile_status status;

  if (ngx_http_stile_config_files_open(&files, &engine->folder, log) != NGX_OK) {
    return STILE_ERR_INTERNAL;
  }
  DescribeConfig(engine, &files, &config);
  DescribeReport(log, &report);
  ngx_memzero(&options, sizeof(options));
  options.struct_size = sizeof(options);
  // Who writes admission.blast_radius_override and reloads nginx means it: there is no other way to
  // insist here.
  options.flags = STILE_ENGINE_FORCE;
  options.now_ms = ngx_http_stile_now_ms();
  options.steady_ms = (int64_t)ngx_current_msec;
  options.tables = engine->tables;
  options.predecessor = predecessor;
  status = stile_engine_new(&config, &options, &report, made);
  ngx_http_stile_config_files_close(&files);
  return status;
}

static stile_status MakeTables(ngx_http_stile_engine_t* engine, ngx_log_t* log) {
  ngx_http_stile_config_files_t files;
  stile_config config;
  stile_report report;
  stile_status status;
  size_t start = TablesAt();

  if (ngx_http_stile_config_files_open(&files, &engine->folder, log) != NGX_OK) {
    return STILE_ERR_INTERNAL;
  }
  DescribeConfig(engine, &files, &config);
  DescribeReport(log, &report);
  if (engine->tables_path.len != 0) {
    status =
        stile_tables_open(&config, (const char*)engine->tables_path.data, &report, &engine->tables);
  } else {
    status = stile_tables_attach(&config, engine->zone->shm.addr + start,
                                 engine->zone->shm.size - start, &report, &engine->tables);
  }
  ngx_http_stile_config_files_close(&files);
  return status;
}

// The engine of the same stile.toml in the cycle that serves; NULL if there is none.
static const stile_engine* Predecessor(const ngx_http_stile_engine_t* engine) {
  ngx_http_stile_engine_t** all;
  ngx_uint_t i;

  if (serving == NULL) return NULL;
  all = serving->elts;
  for (i = 0; i < serving->nelts; i++) {
    if (all[i]->path.len == engine->path.len &&
        ngx_memcmp(all[i]->path.data, engine->path.data, engine->path.len) == 0) {
      return all[i]->engine;
    }
  }
  return NULL;
}

// Every site that a stile_site names must be one of the stile.toml's.
static ngx_int_t CheckSites(const ngx_http_stile_engine_t* engine, ngx_log_t* log) {
  const ngx_str_t* names = engine->sites.elts;
  ngx_uint_t i;
  char name[72];

  for (i = 0; i < engine->sites.nelts; i++) {
    uint32_t site = 0;
    while (
        stile_engine_site_name(engine->engine, site, name) == STILE_OK &&
        (ngx_strlen(name) != names[i].len || ngx_memcmp(name, names[i].data, names[i].len) != 0)) {
      site++;
    }
    if (stile_engine_site_name(engine->engine, site, name) != STILE_OK) {
      ngx_log_error(NGX_LOG_EMERG, log, 0,
                    "stile: %V: there is no site \"%V\": correct stile_site, or add a [[site]] of "
                    "that name",
                    &engine->path, &names[i]);
      return NGX_ERROR;
    }
  }
  return NGX_OK;
}

// nginx calls it for each cycle, in `nginx -t` too, once the zone is there. `last` is what the
// zone's data was in the cycle before, NULL if the memory is new.
static ngx_int_t InitZone(ngx_shm_zone_t* zone, void* last) {
  ngx_http_stile_engine_t* engine = zone->data;
  ngx_log_t* log = zone->shm.log;
  stile_status status;

  engine->totals = (ngx_http_stile_totals_t*)(zone->shm.addr + TotalsAt());
  if (last == NULL) ngx_memzero((void*)engine->totals, sizeof(ngx_http_stile_totals_t));
  // A test of the configuration leaves alone what others count in.
  if (!ngx_test_config || engine->tables_path.len == 0) {
    status = MakeTables(engine, log);
    if (status != STILE_OK) return Fail(log, engine, "there are no tables", status);
  }
  status = MakeEngine(engine, log, Predecessor(engine), &engine->engine);
  if (status != STILE_OK) return Fail(log, engine, "it is not taken into service", status);
  return CheckSites(engine, log);
}

// Logs everything that is wrong with a stile.toml of which the tables' size is not to be had.
static ngx_int_t LogMistakes(ngx_http_stile_engine_t* engine, ngx_log_t* log, stile_status status) {
  stile_engine* made = NULL;
  stile_status found = MakeEngine(engine, log, NULL, &made);

  stile_engine_free(made);
  return Fail(log, engine, "it can't be used", found != STILE_OK ? found : status);
}

static ngx_int_t TablesRoom(ngx_http_stile_engine_t* engine, ngx_log_t* log, size_t* room) {
  ngx_http_stile_config_files_t files;
  stile_config config;
  stile_report report;
  stile_status status;

  // Mistakes are logged once, by whoever sees them all.
  if (ngx_http_stile_config_files_open(&files, &engine->folder, NULL) != NGX_OK) return NGX_ERROR;
  DescribeConfig(engine, &files, &config);
  DescribeReport(NULL, &report);
  status = stile_tables_room(&config, &report, room);
  ngx_http_stile_config_files_close(&files);
  return status == STILE_OK ? NGX_OK : LogMistakes(engine, log, status);
}

ngx_int_t ngx_http_stile_engine_reserve(ngx_conf_t* cf, ngx_http_stile_engine_t* engine,
                                        void* tag) {
  ngx_str_t name;
  size_t room = 0;
  size_t size;

  if (engine->tables_path.len == 0 && TablesRoom(engine, cf->log, &room) != NGX_OK) {
    return NGX_ERROR;
  }
  size = ngx_align(TablesAt() + room, ngx_pagesize);
  if (size < 8 * ngx_pagesize) size = 8 * ngx_pagesize;  // nginx's least.
  if (engine->zone_size != 0 && engine->zone_size < size) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "stile_config: the tables of \"%V\" need zone=%uzk, or leave it out",
                       &engine->path, size / 1024);
    return NGX_ERROR;
  }
  if (engine->zone_size != 0) size = engine->zone_size;

  name.len = sizeof("stile:") - 1 + engine->path.len;
  name.data = ngx_pnalloc(cf->pool, name.len);
  if (name.data == NULL) return NGX_ERROR;
  ngx_memcpy(ngx_cpymem(name.data, "stile:", sizeof("stile:") - 1), engine->path.data,
             engine->path.len);
  engine->zone = ngx_shared_memory_add(cf, &name, size, tag);
  if (engine->zone == NULL) return NGX_ERROR;
  engine->zone->init = InitZone;
  engine->zone->data = engine;
  return NGX_OK;
}

void ngx_http_stile_engines_serve(ngx_array_t* engines) {
  ngx_array_t* before = serving;
  ngx_http_stile_engine_t** all;
  ngx_uint_t i;

  serving = engines;
  // Without a master, requests of the cycle before are still running in this process.
  if (before == NULL || ngx_process == NGX_PROCESS_SINGLE) return;
  all = before->elts;
  for (i = 0; i < before->nelts; i++) FreeEngine(all[i]);
}

// --- In a worker ---

static void Tick(ngx_event_t* event) {
  ngx_array_t* engines = event->data;
  ngx_http_stile_engine_t** all = engines->elts;
  ngx_uint_t i;

  for (i = 0; i < engines->nelts; i++) {
    (void)ngx_http_stile_engine_worker(all[i], event->log);
    if (stile_engine_tick(all[i]->engine, (int64_t)ngx_current_msec, NULL) != STILE_OK) {
      ngx_log_error(NGX_LOG_ERR, event->log, 0, "stile: %V: no tick", &all[i]->path);
    }
    ngx_http_stile_totals_add(all[i]->engine, &all[i]->told, all[i]->totals);
  }
  ngx_add_timer(event, 1000);
}

void ngx_http_stile_engines_start(ngx_cycle_t* cycle, ngx_array_t* engines) {
  ngx_http_stile_engine_t** all = engines->elts;
  ngx_uint_t i;

  if (engines->nelts == 0) return;
  for (i = 0; i < engines->nelts; i++) (void)ngx_http_stile_engine_worker(all[i], cycle->log);
  ngx_memzero(&ticker, sizeof(ticker));
  ticker.handler = Tick;
  ticker.data = engines;
  ticker.log = cycle->log;
  ticker.cancelable = 1;  // A worker that drains doesn't wait for it.
  ngx_add_timer(&ticker, 1000);
}

void ngx_http_stile_engines_stop(ngx_array_t* engines) {
  ngx_http_stile_engine_t** all = engines->elts;
  ngx_uint_t i;

  for (i = 0; i < engines->nelts; i++) {
    if (all[i]->engine == NULL) continue;
    ngx_http_stile_totals_add(all[i]->engine, &all[i]->told, all[i]->totals);
    stile_worker_free(all[i]->worker);
    all[i]->worker = NULL;
  }
}

stile_worker* ngx_http_stile_engine_worker(ngx_http_stile_engine_t* engine, ngx_log_t* log) {
  if (engine->worker == NULL && engine->engine != NULL) {
    stile_worker* worker = NULL;
    stile_status status = stile_worker_new(engine->engine, &worker);
    if (status != STILE_OK) {
      (void)Fail(log, engine, "a process has no worker", status);
      return NULL;
    }
    engine->worker = worker;
  }
  return engine->worker;
}
