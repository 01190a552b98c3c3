#ifndef STILE_CAPI_ENGINE_MAKER_H_
#define STILE_CAPI_ENGINE_MAKER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "capi/caller_files.h"
#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/admission/admission_limits.h"
#include "engine/admission/engine_keeper.h"
#include "engine/config/config_source.h"
#include "engine/engine.h"
#include "verifier/local_spends.h"
#include "verifier/tables/tables.h"

namespace stile {

// A caller's configuration, read: what it is known by, and what it makes.
struct ReadConfiguration {
  std::string source;  // A SourceBundle. Of the stile.toml alone where there are mistakes.
  std::string digest;
  tl::expected<EmbeddedConfig, Errors> loaded;

  [[nodiscard]] static ReadConfiguration Of(CallerFiles& files, UnixMillis now);
};

// Makes the engines of one handle, all with the same tables and in the mode that holds. For one
// thread at a time, but for the mode.
class EngineMaker {
 public:
  explicit EngineMaker(std::shared_ptr<Tables> tables) : tables_(std::move(tables)) {}

  // What Make is called for next: a source of this configuration is not read again. What a kept
  // source lacks, such as keys, comes from `files`. Both live until Finish.
  void Begin(ReadConfiguration& configuration, CallerFiles& files, UnixMillis now);
  void Finish();

  // Makes an engine of `source`. Returns every mistake.
  [[nodiscard]] tl::expected<EngineKeeper::Made, Errors> Make(std::string_view source);

  // The mode that every site is in, STILE_MODE_*. Any thread.
  [[nodiscard]] std::int32_t mode() const noexcept { return mode_.load(); }
  void SetMode(std::int32_t mode) noexcept { mode_.store(mode); }
  // Turns the switches of an engine to it.
  void Turn(const Engine& engine) const noexcept;

  [[nodiscard]] const std::shared_ptr<Tables>& tables() const { return tables_; }
  // What the configuration says that the last engine was made of.
  [[nodiscard]] const AdmissionLimits& limits() const { return limits_; }
  // The store of response tokens, once an engine was made.
  [[nodiscard]] const std::shared_ptr<LocalSpends>& spends() const { return spends_; }

 private:
  std::shared_ptr<Tables> tables_;
  std::shared_ptr<LocalSpends> spends_;  // Of the first engine: one node has one.
  AdmissionLimits limits_;
  std::atomic<std::int32_t> mode_{0};
  ReadConfiguration* configuration_ = nullptr;
  CallerFiles* files_ = nullptr;
  UnixMillis now_;
};

}  // namespace stile

#endif  // STILE_CAPI_ENGINE_MAKER_H_
