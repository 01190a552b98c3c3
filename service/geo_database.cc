#include "service/geo_database.h"

#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "challenge/concat.h"
#include "service/file_text.h"
#include "service/geo_record.h"

namespace stile {

struct GeoDatabase::State {
  MMDB_s database = {};
  bool open = false;

  ~State() {
    if (open) MMDB_close(&database);
  }

  // The record of `address`; nullopt if there is none.
  [[nodiscard]] std::optional<GeoRecord> Find(const IpAddress& address) const noexcept;
};

namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

// A copy of a file in memory, which nobody can change once it is sealed.
class SealedCopy {
 public:
  SealedCopy() : fd_(::memfd_create("stile-geo", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {}
  ~SealedCopy() {
    if (fd_ >= 0) ::close(fd_);
  }
  SealedCopy(const SealedCopy&) = delete;
  SealedCopy& operator=(const SealedCopy&) = delete;

  [[nodiscard]] absl::Status Fill(const std::string& path, std::size_t limit) {
    if (fd_ < 0) return absl::ErrnoToStatus(errno, "there is no memory for a copy of it");
    if (absl::Status copied = CopyFile(path, limit, fd_); !copied.ok()) return copied;
    if (::fcntl(fd_, F_ADD_SEALS, kSeals) != 0) {
      return absl::ErrnoToStatus(errno, "its copy can't be sealed");
    }
    return absl::OkStatus();
  }
  [[nodiscard]] std::string path() const { return Concat("/proc/self/fd/", fd_); }

 private:
  int fd_;
};

bool IsCountryCode(std::string_view text) noexcept {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// The two capitals in `record`[`where`].iso_code; empty if there are none.
std::string_view IsoCode(const GeoRecord& record, std::string_view where) noexcept {
  const auto country = record.Find(where);
  if (!country) return {};
  const auto code = country->Find("iso_code");
  if (!code) return {};
  const auto text = code->Text();
  return text && IsCountryCode(*text) ? *text : std::string_view();
}

}  // namespace

bool GeoDatabase::IsSupported() noexcept { return true; }

absl::StatusOr<std::shared_ptr<const GeoDatabase>> GeoDatabase::Open(const std::string& path) {
  SealedCopy copy;
  if (absl::Status filled = copy.Fill(path, kMaxBytes); !filled.ok()) return filled;
  auto state = std::make_unique<State>();
  const int error = MMDB_open(copy.path().c_str(), MMDB_MODE_MMAP, &state->database);
  if (error != MMDB_SUCCESS) {
    return absl::FailedPreconditionError(
        Concat("it is no MaxMind database that can be read: ", MMDB_strerror(error)));
  }
  state->open = true;
  return std::shared_ptr<const GeoDatabase>(new GeoDatabase(std::move(state)));
}

GeoDatabase::GeoDatabase(std::unique_ptr<State> state) : state_(std::move(state)) {}
GeoDatabase::~GeoDatabase() = default;

std::optional<GeoRecord> GeoDatabase::State::Find(const IpAddress& address) const noexcept {
  int error = MMDB_SUCCESS;
  MMDB_lookup_result_s result = {};
  if (address.is_v6()) {
    sockaddr_in6 v6 = {};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
    result = MMDB_lookup_sockaddr(&database, reinterpret_cast<const sockaddr*>(&v6), &error);
  } else {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes().data(), sizeof v4.sin_addr);
    result = MMDB_lookup_sockaddr(&database, reinterpret_cast<const sockaddr*>(&v4), &error);
  }
  if (error != MMDB_SUCCESS || !result.found_entry) return std::nullopt;
  return GeoRecord({database.data_section, database.data_section_size}, result.entry.offset);
}

std::string_view GeoDatabase::CountryOf(const IpAddress& address) const noexcept {
  const auto record = state_->Find(address);
  if (!record) return {};
  const std::string_view code = IsoCode(*record, "country");
  return code.empty() ? IsoCode(*record, "registered_country") : code;
}

std::uint32_t GeoDatabase::AsnOf(const IpAddress& address) const noexcept {
  const auto record = state_->Find(address);
  const auto value = record ? record->Find("autonomous_system_number") : std::nullopt;
  const auto number = value ? value->Number() : std::nullopt;
  return number && *number <= UINT32_MAX ? static_cast<std::uint32_t>(*number) : 0;
}

std::uint64_t GeoDatabase::built_at() const noexcept {
  return state_->database.metadata.build_epoch;
}

}  // namespace stile
