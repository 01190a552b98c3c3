// The files of a configuration, read by the master with the rights that it has.
#ifndef STILE_ADAPTERS_NGINX_CONFIG_FILES_H_
#define STILE_ADAPTERS_NGINX_CONFIG_FILES_H_

#include <ngx_config.h>
#include <ngx_core.h>
#include <stile.h>

// What was read, until it is closed.
typedef struct {
  ngx_pool_t* pool;
  const ngx_str_t* folder;  // What relative names are relative to.
  ngx_log_t* log;           // NULL: what can't be read is not logged.
} ngx_http_stile_config_files_t;

ngx_int_t ngx_http_stile_config_files_open(ngx_http_stile_config_files_t* files,
                                           const ngx_str_t* folder, ngx_log_t* log);
void ngx_http_stile_config_files_close(ngx_http_stile_config_files_t* files);

// A stile_read_fn; `user` is a ngx_http_stile_config_files_t.
stile_status ngx_http_stile_config_files_read(void* user, stile_str name, size_t limit,
                                              stile_str* text);

#endif  // STILE_ADAPTERS_NGINX_CONFIG_FILES_H_
