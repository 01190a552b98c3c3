#include "tests/capi/files.h"

#include <string.h>

#include "tests/capi/check.h"

void files_init(struct files* files) {
  memset(files, 0, sizeof *files);
  files->config.struct_size = sizeof files->config;
  files_set(files, "stile.toml", TOML);
  files_set(files, "policy.toml", POLICY);
  files_set(files, "shop.toml", SHOP_POLICY);
  files_set(files, "keys.toml", KEY_TOML(1, SECRET));
  files_set(files, "backend.txt", BACKEND_SECRET "\n");
}

static uint32_t find_file(const struct files* files, const char* name) {
  uint32_t i;
  for (i = 0; i < files->config.file_count; ++i) {
    if (strcmp(files->files[i].name.data, name) == 0) break;
  }
  return i;
}

void files_set(struct files* files, const char* name, const char* text) {
  const uint32_t at = find_file(files, name);
  EXPECT(at < MAX_FILES);
  if (at == files->config.file_count) ++files->config.file_count;
  files->files[at].name = str(name);
  files->files[at].text = str(text);
  files->config.files = files->files;
}

void files_remove(struct files* files, const char* name) {
  const uint32_t at = find_file(files, name);
  EXPECT(at < files->config.file_count);
  files->files[at] = files->files[--files->config.file_count];
}
