#include "service/revocation_list.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "service/clearance_id_text.h"
#include "service/file_text.h"

namespace stile {
namespace {

constexpr std::string_view kMagic = "stile-revocations 1 ";
constexpr std::size_t kMaxBy = 64;
constexpr std::size_t kMaxFile = 4 * 1024 * 1024;

std::string DigestOf(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return HexText(digest);
}

// Cuts off what stands before the next `end`. nullopt: there is none.
std::optional<std::string_view> CutOff(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view first = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return first;
}

std::optional<UnixMillis> TimeIn(std::optional<std::string_view> text) {
  UnixMillis time;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), time.value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return time;
}

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(Concat("the list of revocations is damaged: ", what));
}

// One change at a time, whoever makes it. Not having it is no reason to refuse an order: at worst
// one of two changes of the same instant is kept for as long as the tables alone.
class ListLock {
 public:
  // Of the list in `directory`; without one (empty) nobody else has it.
  explicit ListLock(const std::string& directory) {
    if (directory.empty()) return;
    const std::string path = PathUnder(directory, "revocations.lock");
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    constexpr int kTries = 50;
    constexpr unsigned kPauseMicros = 10'000;
    for (int i = 0; file_ >= 0 && i < kTries && ::flock(file_, LOCK_EX | LOCK_NB) != 0; ++i) {
      ::usleep(kPauseMicros);
    }
  }
  ~ListLock() {
    if (file_ >= 0) ::close(file_);
  }
  ListLock(const ListLock&) = delete;
  ListLock& operator=(const ListLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace

std::string FormatRevocations(const Revocations& revocations) {
  std::string rest;
  for (const auto& [id, revocation] : revocations) {
    rest += Concat(IdText(id), " ", revocation.since.value, " ", revocation.until.value, " ",
                   revocation.by, "\n");
  }
  return Concat(kMagic, DigestOf(rest), "\n", rest);
}

absl::StatusOr<Revocations> ParseRevocations(std::string_view text) {
  if (!text.starts_with(kMagic)) return Damaged("it doesn't begin as one");
  text.remove_prefix(kMagic.size());
  const auto digest = CutOff(text, '\n');
  if (!digest || *digest != DigestOf(text)) return Damaged("its checksum is another");
  Revocations revocations;
  while (!text.empty()) {
    auto line = CutOff(text, '\n');
    if (!line) return Damaged("its last line is cut off");
    const auto id_text = CutOff(*line, ' ');
    const auto id = ParseIdText(id_text.value_or(""));
    const auto since = TimeIn(CutOff(*line, ' '));
    const auto until = TimeIn(CutOff(*line, ' '));
    if (!id || !since || !until || line->size() > kMaxBy) return Damaged("a line is no revocation");
    if (revocations.size() == RevocationList::kMost) return Damaged("it is too long");
    revocations[*id] = {*since, *until, std::string(*line)};
  }
  return revocations;
}

std::string RevocationList::path() const { return PathUnder(directory_, "revocations"); }

absl::Status RevocationList::Refresh(UnixMillis now) {
  absl::Status status;
  if (!directory_.empty()) {
    const absl::StatusOr<FileText> file = ReadFile(path(), kMaxFile);
    if (file.ok()) {
      auto read = ParseRevocations(file->text);
      if (read.ok()) {
        entries_ = *std::move(read);
      } else {
        status = read.status();
      }
    } else if (!absl::IsNotFound(file.status())) {
      status = file.status();
    } else {
      entries_.clear();
    }
  }
  std::erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
  return status;
}

absl::Status RevocationList::Keep() const {
  if (directory_.empty()) return absl::OkStatus();
  return ReplaceFile(path(), FormatRevocations(entries_));
}

absl::Status RevocationList::SetAside(const absl::Status& refreshed) const {
  if (!absl::IsDataLoss(refreshed)) return refreshed;
  const std::string aside = Concat(path(), ".damaged");
  if (::rename(path().c_str(), aside.c_str()) != 0) {
    return absl::InternalError(refreshed.message());
  }
  return absl::DataLossError(Concat(std::string(refreshed.message()), "; it is now ", aside));
}

absl::Status RevocationList::Prepare(UnixMillis now) {
  const absl::Status refreshed = SetAside(Refresh(now));
  if (!absl::IsDataLoss(refreshed)) return refreshed;
  const absl::Status kept = Keep();
  return kept.ok() ? refreshed : kept;
}

absl::Status RevocationList::Load(UnixMillis now, RevocationTable& table) {
  const ListLock lock(directory_);
  const absl::Status status = SetAside(Refresh(now));
  std::size_t left_out = 0;
  for (const auto& [id, revocation] : entries_) {
    if (!table.Revoke(id, revocation.until, now)) ++left_out;
  }
  if (status.ok() && left_out != 0) {
    return absl::ResourceExhaustedError(
        Concat(left_out, " revocations found no room in the table"));
  }
  return status;
}

absl::Status RevocationList::Revoke(const TokenId& id, const Revocation& revocation, UnixMillis now,
                                    RevocationTable& table) {
  const ListLock lock(directory_);
  const absl::Status refreshed = Prepare(now);
  if (entries_.size() >= kMost && !entries_.contains(id)) {
    return absl::ResourceExhaustedError(
        Concat("there are ", kMost, " revocations: take some back, or replace the keys"));
  }
  if (!table.Revoke(id, revocation.until, now)) {
    return absl::ResourceExhaustedError("the table of revocations has no room for this one");
  }
  entries_[id] = revocation;
  entries_[id].by.resize(std::min(revocation.by.size(), kMaxBy));
  if (!refreshed.ok() && !absl::IsDataLoss(refreshed)) return refreshed;
  const absl::Status kept = Keep();
  return kept.ok() ? refreshed : kept;
}

absl::Status RevocationList::Reinstate(const TokenId& id, UnixMillis now, RevocationTable& table) {
  const ListLock lock(directory_);
  const absl::Status refreshed = Prepare(now);
  const bool listed = entries_.erase(id) != 0;
  const bool held = table.Reinstate(id, now);
  if (!listed && !held) return absl::NotFoundError("no clearance of this id is revoked");
  if (!refreshed.ok() && !absl::IsDataLoss(refreshed)) return refreshed;
  const absl::Status kept = listed ? Keep() : absl::OkStatus();
  return kept.ok() ? refreshed : kept;
}

const Revocations& RevocationList::Look(UnixMillis now) {
  (void)Refresh(now);
  return entries_;
}

}  // namespace stile
