#include "answer.h"

static const char kUnavailable[] =
    "The check in front of this website does not answer. Please try again in a minute.\n";

static ngx_uint_t Is(const stile_str* name, const char* text, size_t size) {
  return name->size == size && ngx_strncasecmp((u_char*)name->data, (u_char*)text, size) == 0;
}

// nginx keeps a content type and its charset apart, and lets filters go by them.
static void SetContentType(ngx_http_request_t* r, const stile_str* value) {
  static const u_char kCharset[] = "; charset=";
  u_char* text = (u_char*)value->data;
  u_char* charset =
      ngx_strlcasestrn(text, text + value->size, (u_char*)kCharset, sizeof(kCharset) - 2);

  r->headers_out.content_type.data = text;
  r->headers_out.content_type.len = value->size;
  if (charset != NULL) {
    r->headers_out.content_type.len = (size_t)(charset - text);
    r->headers_out.charset.data = charset + sizeof(kCharset) - 1;
    r->headers_out.charset.len = (size_t)(text + value->size - r->headers_out.charset.data);
  }
  r->headers_out.content_type_len = r->headers_out.content_type.len;
  r->headers_out.content_type_lowcase = NULL;
}

static ngx_int_t AddField(ngx_http_request_t* r, const stile_field* added) {
  ngx_table_elt_t* field;

  if (Is(&added->name, "content-type", sizeof("content-type") - 1)) {
    SetContentType(r, &added->value);
    return NGX_OK;
  }
  field = ngx_list_push(&r->headers_out.headers);
  if (field == NULL) return NGX_ERROR;
  ngx_memzero(field, sizeof(ngx_table_elt_t));
  field->hash = 1;
  field->key.data = (u_char*)added->name.data;
  field->key.len = added->name.size;
  field->value.data = (u_char*)added->value.data;
  field->value.len = added->value.size;
  return NGX_OK;
}

// Copies an answer, which is only there until the worker's next request, while clients take their
// time.
static ngx_int_t Keep(ngx_http_request_t* r, ngx_http_stile_visit_t* visit,
                      const stile_answer* answer, stile_answer* kept) {
  size_t size = 0;

  kept->struct_size = sizeof(stile_answer);
  if (stile_answer_copy(answer, NULL, 0, &size, kept) == STILE_ERR_NO_ROOM) {
    visit->answer = ngx_palloc(r->pool, size);
    if (visit->answer == NULL) return NGX_ERROR;
    visit->answer_size = size;
  }
  return stile_answer_copy(answer, visit->answer, visit->answer_size, &size, kept) == STILE_OK
             ? NGX_OK
             : NGX_ERROR;
}

static ngx_int_t SendBody(ngx_http_request_t* r, const stile_str* body) {
  ngx_buf_t* buffer = ngx_calloc_buf(r->pool);
  ngx_chain_t chain;

  if (buffer == NULL) return NGX_ERROR;
  buffer->pos = (u_char*)body->data;
  buffer->last = buffer->pos + body->size;
  buffer->memory = body->size != 0;
  buffer->last_buf = 1;
  buffer->last_in_chain = 1;
  chain.buf = buffer;
  chain.next = NULL;
  return ngx_http_output_filter(r, &chain);
}

ngx_int_t ngx_http_stile_send(ngx_http_request_t* r, ngx_http_stile_visit_t* visit,
                              const stile_answer* answer) {
  stile_answer kept;
  ngx_int_t rc;
  uint32_t i;

  ngx_memzero(&kept, sizeof(kept));
  if (Keep(r, visit, answer, &kept) != NGX_OK) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  visit->reference.data = (u_char*)kept.reference.data;
  visit->reference.len = kept.reference.size;
  visit->answered = 1;

  r->err_status = 0;
  r->headers_out.status = kept.status;
  r->headers_out.status_line.len = 0;
  r->headers_out.content_length_n = (off_t)kept.body.size;
  r->disable_not_modified = 1;
  for (i = 0; i < kept.field_count; i++) {
    if (AddField(r, &kept.fields[i]) != NGX_OK) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  rc = ngx_http_send_header(r);
  if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) return rc;
  return SendBody(r, &kept.body);
}

ngx_int_t ngx_http_stile_send_unavailable(ngx_http_request_t* r, ngx_http_stile_visit_t* visit) {
  static const stile_field kFields[] = {
      {{"Content-Type", 12}, {"text/plain", 10}},
      {{"Cache-Control", 13}, {"no-store", 8}},
      {{"Retry-After", 11}, {"60", 2}},
  };
  stile_answer answer;

  ngx_memzero(&answer, sizeof(answer));
  answer.struct_size = sizeof(answer);
  answer.status = NGX_HTTP_SERVICE_UNAVAILABLE;
  answer.field_count = 3;
  ngx_memcpy(answer.fields, kFields, sizeof(kFields));
  answer.body.data = kUnavailable;
  answer.body.size = sizeof(kUnavailable) - 1;
  return ngx_http_stile_send(r, visit, &answer);
}

ngx_uint_t ngx_http_stile_is_own_field(const ngx_http_stile_visit_t* visit,
                                       const ngx_table_elt_t* field) {
  return visit->answer != NULL && field->value.data >= visit->answer &&
         field->value.data < visit->answer + visit->answer_size;
}
