// What a Switchboard does with files: the mode file that it looks at, and the record that it keeps.
#include <openssl/sha.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "service/clearance_id_text.h"
#include "service/file_text.h"
#include "service/log.h"
#include "service/memory_refusals.h"
#include "service/switchboard.h"
#include "service/utc_text.h"
#include "service/wall_clock.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFileLook{150};
// A record says what is left of each time limit: it is written again while there is one.
constexpr std::chrono::seconds kKeepAgain{60};
constexpr std::chrono::seconds kKeepRetry{10};

std::string DigestOf(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return HexText(digest);
}

std::string RecordPath(const std::string& directory) { return PathUnder(directory, "mode-orders"); }

std::string TextOf(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

}  // namespace

// --- The record ----------------------------------------------------------------------------------

ModeRecord Switchboard::RecordNow() const {
  ModeRecord record;
  record.boot_id = boot_id_;
  record.recorded = BootClock::now();
  record.file = taken_;
  record.orders = orders_.all();
  return record;
}

void Switchboard::Restore() {
  const std::lock_guard lock(mutex_);
  const std::string path = RecordPath(options_.state_directory);
  if (!options_.state_directory.empty()) {
    absl::StatusOr<ModeRecord> record = ModeRecord();
    const absl::StatusOr<FileText> file = ReadFile(path, ModeRecord::kMaxBytes);
    if (file.ok()) {
      record = ParseModeRecord(file->text);
    } else if (!absl::IsNotFound(file.status())) {
      record = file.status();
    }
    if (record.ok()) {
      taken_ = record->file;
      for (ModeOverride& order : OrdersThatHold(*record, WallClock(), boot_id_, BootClock::now())) {
        (void)orders_.Add(std::move(order));
      }
    } else {
      record_was_damaged_ = true;
      metrics_.SetDegraded(Degradation::kModeRecord, true);
      (void)!::rename(path.c_str(), Concat(path, ".damaged").c_str());
      Log(LogLevel::kError, "modes-lost", {{"file", path}, {"error", record.status().ToString()}});
    }
  }
  if (options_.mode_file.empty()) {
    orders_.Withdraw(ModeSource::kFile);
  } else {
    last_look_ = LookAtModeFile(options_.mode_file);
    TakeFile(*last_look_);
  }
  Apply();
  for (const ModeOverride& order : orders_.all()) {
    const std::string until = order.until ? UtcText(*order.until) : "";
    Log(LogLevel::kWarning, "mode-restored",
        {{"site", order.site.empty() ? "*" : order.site},
         {"rule", order.rule},
         {"mode", ModeWord(order.mode)},
         {"by", order.by},
         {"source", ModeSourceName(order.source)},
         {"since", UtcText(order.since)},
         {"until", until}});
  }
}

void Switchboard::Keep() {
  std::unique_lock lock(mutex_);
  // A process that drains leaves the record to the one that takes its place.
  if (options_.state_directory.empty() || metrics_.phase() == Phase::kDraining) {
    kept_changes_ = changes_;
    return;
  }
  const BootClock::time_point now = BootClock::now();
  const bool again = now >= next_keep_ && (!keep_trouble_.empty() || orders_.next_end());
  if (changes_ == kept_changes_ && !again) return;
  const std::uint64_t change = changes_;
  const std::string text = FormatModeRecord(RecordNow());
  lock.unlock();
  (void)!::mkdir(options_.state_directory.c_str(), 0700);
  const absl::Status written = ReplaceFile(RecordPath(options_.state_directory), text);
  lock.lock();
  kept_changes_ = change;
  next_keep_ = now + (written.ok() ? kKeepAgain : kKeepRetry);
  const std::string trouble = written.ok() ? "" : TextOf(written);
  if (trouble != keep_trouble_ && !trouble.empty()) {
    Log(LogLevel::kError, "modes-not-kept",
        {{"file", RecordPath(options_.state_directory)}, {"error", trouble}});
  }
  keep_trouble_ = trouble;
  if (written.ok()) record_was_damaged_ = false;
  metrics_.SetDegraded(Degradation::kModeRecord, !trouble.empty() || record_was_damaged_);
  kept_.notify_all();
}

// --- The mode file -------------------------------------------------------------------------------

void Switchboard::RefuseFile(const std::string& why) {
  metrics_.SetDegraded(Degradation::kModeFile, true);
  if (why == file_trouble_) return;
  file_trouble_ = why;
  Log(LogLevel::kError, "mode-file-refused",
      {{"file", options_.mode_file},
       {"error", why},
       {"message", "what it said before holds until it is mended or removed"}});
}

void Switchboard::TakeFileOrders(const ModeFileLook& look,
                                 const std::vector<ModeFileOrder>& orders) {
  const UnixMillis now = WallClock();
  // All of them together: nobody meets a state in between.
  orders_.Withdraw(ModeSource::kFile);
  bool has_room = true;
  for (const ModeFileOrder& line : orders) {
    ModeOrder order;
    order.mode = line.mode;
    order.site = line.site;
    order.rule = line.rule;
    order.source = ModeSource::kFile;
    order.by = Concat("uid ", look.owner);
    std::optional<UnixMillis> until = line.until;
    if (line.period) {
      // From when the file was written, if that is a time that has been.
      until = std::min(UnixMillis{look.written / 1'000'000}, now) + *line.period;
    }
    if (until) {
      if (*until <= now) continue;  // It has ended.
      order.period = std::chrono::ceil<std::chrono::seconds>(*until - now);
    }
    has_room = Put(order, until) && has_room;
  }
  Changed();
  if (!has_room) {
    RefuseFile(Concat("there is no room for more than ", ModeOverrides::kMost, " orders"));
  }
}

void Switchboard::TakeFile(const ModeFileLook& look) {
  if (look.state == ModeFileLook::State::kUnreadable) return RefuseFile(look.why);
  const auto is_good = [this] {
    file_trouble_.clear();
    metrics_.SetDegraded(Degradation::kModeFile, false);
  };
  if (look.state == ModeFileLook::State::kAbsent) {
    is_good();
    if (!taken_) return;
    taken_.reset();
    orders_.Withdraw(ModeSource::kFile);
    Changed();
    Log(LogLevel::kWarning, "mode-file-gone", {{"file", options_.mode_file}});
    return;
  }
  const TakenModeFile taken{look.written, DigestOf(look.text)};
  if (taken_ == taken) return is_good();
  const auto orders = ParseModeFile(look.text);
  if (!orders) return RefuseFile(orders.error());
  is_good();
  taken_ = taken;
  TakeFileOrders(look, *orders);
}

// Takes what two looks in a row have found: whoever writes a file may be half done.
void Switchboard::LookAtFile() {
  if (options_.mode_file.empty()) return;
  ModeFileLook look = LookAtModeFile(options_.mode_file);
  const bool settled = last_look_ == look;
  if (settled && settled_look_ == look) return;
  if (settled) {
    const std::lock_guard lock(mutex_);
    TakeFile(look);
    settled_look_ = look;
  }
  last_look_ = std::move(look);
}

void Switchboard::ServeFiles() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      stir_.wait_for(lock, kFileLook, [this] { return stopped_ || changes_ != kept_changes_; });
      if (stopped_) break;
    }
    try {
      Keep();
      LookAtFile();
    } catch (const std::exception&) {  // What is due is tried again.
      NoteMemoryRefusal(MemoryPlace::kOperator);
    }
  }
  try {
    Keep();
  } catch (const std::exception&) {
    NoteMemoryRefusal(MemoryPlace::kOperator);
  }
}

}  // namespace stile
