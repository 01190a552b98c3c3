// The directives, and where nginx calls this module.
#include <stddef.h>

#include "metrics.h"
#include "module.h"
#include "outcome.h"

static ngx_conf_enum_t kModes[] = {
    {ngx_string("off"), NGX_HTTP_STILE_OFF},
    {ngx_string("on"), NGX_HTTP_STILE_ON},
    {ngx_string("report"), NGX_HTTP_STILE_REPORT},
    {ngx_null_string, 0},
};

static ngx_conf_enum_t kOnError[] = {
    {ngx_string("closed"), NGX_HTTP_STILE_CLOSED},
    {ngx_string("open"), NGX_HTTP_STILE_OPEN},
    {ngx_null_string, 0},
};

// --- stile_config PATH [zone=auto|SIZE] [tables=PATH] ---

static ngx_int_t SetZone(ngx_http_stile_engine_t* engine, ngx_str_t* value) {
  ssize_t size;

  if (value->len == 4 && ngx_strncmp(value->data, "auto", 4) == 0) return NGX_OK;
  size = ngx_parse_size(value);
  if (size == NGX_ERROR || size <= 0 ||
      (engine->zone_size != 0 && engine->zone_size != (size_t)size)) {
    return NGX_ERROR;
  }
  engine->zone_size = (size_t)size;
  return NGX_OK;
}

static ngx_int_t SetTables(ngx_conf_t* cf, ngx_http_stile_engine_t* engine, ngx_str_t* value) {
  if (value->len == 0 || ngx_conf_full_name(cf->cycle, value, 1) != NGX_OK) return NGX_ERROR;
  if (engine->tables_path.len != 0 &&
      (engine->tables_path.len != value->len ||
       ngx_memcmp(engine->tables_path.data, value->data, value->len) != 0)) {
    return NGX_ERROR;
  }
  engine->tables_path = *value;
  return NGX_OK;
}

static char* SetConfig(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  ngx_http_stile_main_conf_t* main_conf =
      ngx_http_conf_get_module_main_conf(cf, ngx_http_stile_module);
  ngx_http_stile_loc_conf_t* location = conf;
  ngx_str_t* values = cf->args->elts;
  ngx_uint_t i;

  if (location->engine != NGX_CONF_UNSET_PTR) return "is duplicate";
  if (ngx_conf_full_name(cf->cycle, &values[1], 1) != NGX_OK) return NGX_CONF_ERROR;
  location->engine = ngx_http_stile_engine_add(cf, &main_conf->engines, &values[1]);
  if (location->engine == NULL) return NGX_CONF_ERROR;
  for (i = 2; i < cf->args->nelts; i++) {
    ngx_str_t value;
    ngx_int_t rc = NGX_ERROR;
    if (ngx_strncmp(values[i].data, "zone=", 5) == 0) {
      value.data = values[i].data + 5;
      value.len = values[i].len - 5;
      rc = SetZone(location->engine, &value);
    } else if (ngx_strncmp(values[i].data, "tables=", 7) == 0) {
      value.data = values[i].data + 7;
      value.len = values[i].len - 7;
      rc = SetTables(cf, location->engine, &value);
    }
    if (rc != NGX_OK) {
      ngx_conf_log_error(
          NGX_LOG_EMERG, cf, 0,
          "\"%V\" must be zone=auto, zone=SIZE or tables=PATH, and the same wherever "
          "this file is named",
          &values[i]);
      return NGX_CONF_ERROR;
    }
  }
  return NGX_CONF_OK;
}

static char* SetSite(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  ngx_http_stile_loc_conf_t* location = conf;
  ngx_str_t* values = cf->args->elts;
  stile_str name = {(const char*)values[1].data, values[1].len};

  if (location->site_name.data != NULL) return "is duplicate";
  location->site_name = values[1];
  location->site = stile_site_id(name);
  return NGX_CONF_OK;
}

static ngx_command_t commands[] = {
    {ngx_string("stile_config"), NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE123,
     SetConfig, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    {ngx_string("stile"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF |
         NGX_CONF_TAKE1,
     ngx_conf_set_enum_slot, NGX_HTTP_LOC_CONF_OFFSET, offsetof(ngx_http_stile_loc_conf_t, mode),
     kModes},
    {ngx_string("stile_on_error"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
     ngx_conf_set_enum_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(ngx_http_stile_loc_conf_t, on_error), kOnError},
    {ngx_string("stile_site"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1, SetSite,
     NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    {ngx_string("stile_https"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
     ngx_http_set_complex_value_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(ngx_http_stile_loc_conf_t, https), NULL},
    {ngx_string("stile_country"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
     ngx_http_set_complex_value_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(ngx_http_stile_loc_conf_t, country), NULL},
    {ngx_string("stile_asn"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
     ngx_http_set_complex_value_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(ngx_http_stile_loc_conf_t, asn), NULL},
    {ngx_string("stile_tls_fingerprint"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE1,
     ngx_http_set_complex_value_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(ngx_http_stile_loc_conf_t, tls_fingerprint), NULL},
    {ngx_string("stile_metrics"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, ngx_http_stile_set_metrics,
     0, 0, NULL},
    ngx_null_command,
};

// --- Configurations ---

static void* CreateMainConf(ngx_conf_t* cf) {
  ngx_http_stile_main_conf_t* conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_stile_main_conf_t));

  if (conf == NULL ||
      ngx_array_init(&conf->engines, cf->pool, 2, sizeof(ngx_http_stile_engine_t*)) != NGX_OK) {
    return NULL;
  }
  return conf;
}

static void* CreateLocConf(ngx_conf_t* cf) {
  ngx_http_stile_loc_conf_t* conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_stile_loc_conf_t));

  if (conf == NULL) return NULL;
  conf->engine = NGX_CONF_UNSET_PTR;
  conf->mode = NGX_CONF_UNSET_UINT;
  conf->on_error = NGX_CONF_UNSET_UINT;
  conf->https = NGX_CONF_UNSET_PTR;
  conf->country = NGX_CONF_UNSET_PTR;
  conf->asn = NGX_CONF_UNSET_PTR;
  conf->tls_fingerprint = NGX_CONF_UNSET_PTR;
  return conf;
}

static char* MergeLocConf(ngx_conf_t* cf, void* parent, void* child) {
  const ngx_http_stile_loc_conf_t* around = parent;
  ngx_http_stile_loc_conf_t* conf = child;

  ngx_conf_merge_ptr_value(conf->engine, around->engine, NULL);
  ngx_conf_merge_uint_value(conf->mode, around->mode, NGX_HTTP_STILE_OFF);
  ngx_conf_merge_uint_value(conf->on_error, around->on_error, NGX_HTTP_STILE_CLOSED);
  ngx_conf_merge_ptr_value(conf->https, around->https, NULL);
  ngx_conf_merge_ptr_value(conf->country, around->country, NULL);
  ngx_conf_merge_ptr_value(conf->asn, around->asn, NULL);
  ngx_conf_merge_ptr_value(conf->tls_fingerprint, around->tls_fingerprint, NULL);
  if (conf->site_name.data == NULL) {
    conf->site_name = around->site_name;
    conf->site = around->site;
  }
  if (conf->engine == NULL) {
    if (conf->mode == NGX_HTTP_STILE_OFF) return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"stile\" is on without a configuration: add a stile_config to http or "
                       "server");
    return NGX_CONF_ERROR;
  }
  if (conf->site_name.len != 0) {
    ngx_str_t* name = ngx_array_push(&conf->engine->sites);
    if (name == NULL) return NGX_CONF_ERROR;
    *name = conf->site_name;
  }
  return NGX_CONF_OK;
}

static ngx_int_t Init(ngx_conf_t* cf) {
  ngx_http_core_main_conf_t* core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
  ngx_http_stile_main_conf_t* conf = ngx_http_conf_get_module_main_conf(cf, ngx_http_stile_module);
  ngx_http_stile_engine_t** engines = conf->engines.elts;
  ngx_http_handler_pt* handler;
  ngx_uint_t i;

  if (conf->engines.nelts == 0) return NGX_OK;
  for (i = 0; i < conf->engines.nelts; i++) {
    if (ngx_http_stile_engine_reserve(cf, engines[i], &ngx_http_stile_module) != NGX_OK) {
      return NGX_ERROR;
    }
  }
  handler = ngx_array_push(&core->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
  if (handler == NULL) return NGX_ERROR;
  *handler = ngx_http_stile_decide;
  handler = ngx_array_push(&core->phases[NGX_HTTP_LOG_PHASE].handlers);
  if (handler == NULL) return NGX_ERROR;
  *handler = ngx_http_stile_note_outcome;
  return NGX_OK;
}

// --- Processes ---

static ngx_array_t* Engines(ngx_cycle_t* cycle) {
  ngx_http_stile_main_conf_t* conf =
      ngx_http_cycle_get_module_main_conf(cycle, ngx_http_stile_module);
  return conf != NULL ? &conf->engines : NULL;
}

static ngx_int_t InitModule(ngx_cycle_t* cycle) {
  if (!ngx_test_config) ngx_http_stile_engines_serve(Engines(cycle));
  return NGX_OK;
}

static ngx_int_t InitProcess(ngx_cycle_t* cycle) {
  ngx_array_t* engines = Engines(cycle);

  if (engines != NULL && (ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE)) {
    ngx_http_stile_engines_start(cycle, engines);
  }
  return NGX_OK;
}

static void ExitProcess(ngx_cycle_t* cycle) {
  ngx_array_t* engines = Engines(cycle);

  if (engines != NULL && (ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE)) {
    ngx_http_stile_engines_stop(engines);
  }
}

static ngx_http_module_t module_context = {
    ngx_http_stile_add_variables,  // preconfiguration
    Init,                          // postconfiguration
    CreateMainConf,
    NULL,  // init_main_conf
    NULL,  // create_srv_conf
    NULL,  // merge_srv_conf
    CreateLocConf,
    MergeLocConf,
};

ngx_module_t ngx_http_stile_module = {
    NGX_MODULE_V1,
    &module_context,
    commands,
    NGX_HTTP_MODULE,
    NULL,  // init_master
    InitModule,
    InitProcess,
    NULL,  // init_thread
    NULL,  // exit_thread
    ExitProcess,
    NULL,  // exit_master
    NGX_MODULE_V1_PADDING,
};
