// Stile's answers, sent by nginx as its own content: no error_page takes their place.
#ifndef STILE_ADAPTERS_NGINX_ANSWER_H_
#define STILE_ADAPTERS_NGINX_ANSWER_H_

#include "module.h"

// Both send the head and, unless the client asked for the head alone, the body, from the request's
// own memory. They return what ngx_http_finalize_request wants to know.
ngx_int_t ngx_http_stile_send(ngx_http_request_t* r, ngx_http_stile_visit_t* visit,
                              const stile_answer* answer);
// 503, for where Stile itself has failed.
ngx_int_t ngx_http_stile_send_unavailable(ngx_http_request_t* r, ngx_http_stile_visit_t* visit);

// Whether the field of an answer that is on its way was written by Stile.
ngx_uint_t ngx_http_stile_is_own_field(const ngx_http_stile_visit_t* visit,
                                       const ngx_table_elt_t* field);

#endif  // STILE_ADAPTERS_NGINX_ANSWER_H_
