#ifndef STILE_CAPI_CALLER_FILES_H_
#define STILE_CAPI_CALLER_FILES_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "capi/source_bundle.h"
#include "capi/stile.h"
#include "challenge/error.h"
#include "engine/config/config_source.h"

namespace stile {

// The files of a configuration as a caller hands them over, for as long as its call takes. Borrows
// them.
class CallerFiles final : public ConfigSource {
 public:
  // `config` IsSized, and read. Without files it has none.
  explicit CallerFiles(const stile_config& config) : config_(config) {}

  // False if a file's name or text is no text.
  [[nodiscard]] bool AreTexts() const noexcept;
  // Of the stile.toml.
  [[nodiscard]] std::string_view name() const noexcept;

  // Of the caller's files, else what its callback hands over, which is asked once for each name.
  [[nodiscard]] tl::expected<std::string_view, Error> Read(std::string_view name,
                                                           std::size_t limit) override;

  // What was read so far.
  [[nodiscard]] const std::map<std::string, std::string_view>& read() const { return read_; }

 private:
  const stile_config& config_;
  std::map<std::string, std::string_view> read_;
};

// The files of a configuration that was kept, and whatever is not among them from the caller: its
// keys. Borrows both.
class KeptFiles final : public ConfigSource {
 public:
  // `main` is what the stile.toml is called this time.
  KeptFiles(SourceBundle::Files files, std::string_view main, ConfigSource& others)
      : files_(std::move(files)), main_(main), others_(others) {}

  [[nodiscard]] tl::expected<std::string_view, Error> Read(std::string_view name,
                                                           std::size_t limit) override;

 private:
  SourceBundle::Files files_;
  std::string_view main_;
  ConfigSource& others_;
};

}  // namespace stile

#endif  // STILE_CAPI_CALLER_FILES_H_
