#include "config_files.h"

enum { kPoolSize = 16384 };

ngx_int_t ngx_http_stile_config_files_open(ngx_http_stile_config_files_t* files,
                                           const ngx_str_t* folder, ngx_log_t* log) {
  files->pool = ngx_create_pool(kPoolSize, log != NULL ? log : ngx_cycle->log);
  files->folder = folder;
  files->log = log;
  return files->pool != NULL ? NGX_OK : NGX_ERROR;
}

void ngx_http_stile_config_files_close(ngx_http_stile_config_files_t* files) {
  ngx_destroy_pool(files->pool);
}

// `name` behind the folder, zero-terminated; NULL if there is no memory.
static u_char* FullName(const ngx_http_stile_config_files_t* files, stile_str name) {
  size_t folder = name.size != 0 && name.data[0] == '/' ? 0 : files->folder->len;
  u_char* full = ngx_pnalloc(files->pool, folder + name.size + 1);

  if (full == NULL) return NULL;
  ngx_memcpy(full, files->folder->data, folder);
  ngx_memcpy(full + folder, name.data, name.size);
  full[folder + name.size] = '\0';
  return full;
}

// Reads the file to its end, or to one byte past `limit`, by which whoever asked sees that it is
// too long.
static ngx_int_t ReadAll(const ngx_http_stile_config_files_t* files, ngx_fd_t fd, size_t limit,
                         stile_str* text) {
  ngx_file_info_t info;
  size_t room;
  size_t size = 0;
  u_char* data;

  if (ngx_fd_info(fd, &info) == NGX_FILE_ERROR) return NGX_ERROR;
  if (!ngx_is_file(&info)) {
    ngx_set_errno(ngx_is_dir(&info) ? NGX_EISDIR : EINVAL);
    return NGX_ERROR;
  }
  room = ngx_min((size_t)ngx_file_size(&info), limit) + 1;
  data = ngx_palloc(files->pool, room);
  if (data == NULL) return NGX_ERROR;
  while (size < room) {
    ssize_t n = ngx_read_fd(fd, data + size, room - size);
    if (n < 0) return NGX_ERROR;
    if (n == 0) break;
    size += (size_t)n;
  }
  text->data = (const char*)data;
  text->size = size;
  return NGX_OK;
}

stile_status ngx_http_stile_config_files_read(void* user, stile_str name, size_t limit,
                                              stile_str* text) {
  ngx_http_stile_config_files_t* files = user;
  u_char* full = FullName(files, name);
  ngx_int_t rc;
  ngx_fd_t fd;

  if (full == NULL) return STILE_ERR_INTERNAL;
  fd = ngx_open_file(full, NGX_FILE_RDONLY | NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);
  if (fd == NGX_INVALID_FILE) {
    if (files->log != NULL) {
      ngx_log_error(NGX_LOG_EMERG, files->log, ngx_errno,
                    "stile: " ngx_open_file_n " \"%s\" failed", full);
    }
    return STILE_ERR_NOT_FOUND;
  }
  rc = ReadAll(files, fd, limit, text);
  if (rc != NGX_OK && files->log != NULL) {
    ngx_log_error(NGX_LOG_EMERG, files->log, ngx_errno, "stile: \"%s\" can't be read", full);
  }
  (void)ngx_close_file(fd);
  return rc == NGX_OK ? STILE_OK : STILE_ERR_NOT_FOUND;
}
