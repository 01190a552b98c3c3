// `stile_metrics`: what all workers have done, at a location of the operator's choice.
#ifndef STILE_ADAPTERS_NGINX_METRICS_H_
#define STILE_ADAPTERS_NGINX_METRICS_H_

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

// Sets the directive, and with it the location's handler.
char* ngx_http_stile_set_metrics(ngx_conf_t* cf, ngx_command_t* command, void* conf);

#endif  // STILE_ADAPTERS_NGINX_METRICS_H_
