// A request as nginx parsed it, in Stile's words.
#ifndef STILE_ADAPTERS_NGINX_REQUEST_FIELDS_H_
#define STILE_ADAPTERS_NGINX_REQUEST_FIELDS_H_

#include "module.h"

// As many fields as a request of a browser has, and more.
enum { NGX_HTTP_STILE_FIELDS = 48 };

// Writes what the request line, the connection and the location say, which borrows from `r`.
void ngx_http_stile_read_line(const ngx_http_request_t* r,
                              const ngx_http_stile_loc_conf_t* location, stile_request* request);

// Writes `request`, which borrows from `r` and from `fields`, memory for NGX_HTTP_STILE_FIELDS of
// them; a request with more gets memory of its pool. Returns NGX_ERROR if there is none, and
// NGX_HTTP_BAD_REQUEST for a request that names two hosts.
ngx_int_t ngx_http_stile_read_request(ngx_http_request_t* r,
                                      const ngx_http_stile_loc_conf_t* location,
                                      stile_field* fields, stile_request* request);

#endif  // STILE_ADAPTERS_NGINX_REQUEST_FIELDS_H_
