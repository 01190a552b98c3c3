#ifndef STILE_SERVICE_REVOCATION_LIST_H_
#define STILE_SERVICE_REVOCATION_LIST_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "challenge/clearance.h"
#include "challenge/unix_millis.h"
#include "verifier/tables/revocation_table.h"

namespace stile {

// One clearance that an operator took back.
struct Revocation {
  UnixMillis since;
  UnixMillis until;
  std::string by;  // Who: "uid 0".

  friend bool operator==(const Revocation&, const Revocation&) = default;
};
using Revocations = std::map<TokenId, Revocation>;

// What operators revoked, kept under the state directory, so that it outlives the tables. Several
// stiled may share a directory: each change reads the file, and replaces it in one step. Never more
// than kMost, and nothing that has ended. Belongs to one thread.
class RevocationList {
 public:
  static constexpr std::size_t kMost = 10'000;

  // Without a directory (empty) what is revoked ends with the process.
  explicit RevocationList(std::string directory) : directory_(std::move(directory)) {}

  // Reads the file and puts what holds at `now` into `table`. Returns what the system said, or
  // DataLoss if the file is damaged: it is then set aside, as "revocations.damaged", here and by
  // the next two. A missing file is an empty list.
  [[nodiscard]] absl::Status Load(UnixMillis now, RevocationTable& table);

  // Revokes `id` in `table` and keeps that. Returns ResourceExhausted if there is no room in the
  // list or the table, or what the system said if it can't be kept: it then holds all the same,
  // until the tables end. DataLoss: it is kept, but what others added to a damaged file is not.
  [[nodiscard]] absl::Status Revoke(const TokenId& id, const Revocation& revocation, UnixMillis now,
                                    RevocationTable& table);

  // Takes it back. Returns NotFound if it was not revoked, else as Revoke does.
  [[nodiscard]] absl::Status Reinstate(const TokenId& id, UnixMillis now, RevocationTable& table);

  // What holds at `now`, also what another stiled added since.
  [[nodiscard]] const Revocations& Look(UnixMillis now);

  [[nodiscard]] std::string path() const;

 private:
  [[nodiscard]] absl::Status Refresh(UnixMillis now);
  // What came of a Refresh, once a damaged file is set aside. Call it with the lock.
  [[nodiscard]] absl::Status SetAside(const absl::Status& refreshed) const;
  // Refreshes for a change. In the place of a damaged file comes what is known here.
  [[nodiscard]] absl::Status Prepare(UnixMillis now);
  [[nodiscard]] absl::Status Keep() const;

  std::string directory_;
  Revocations entries_;
};

// The list as text:
//
//   stile-revocations 1 <SHA-256 of the rest, hex>\n
//   <id, hex> <since, Unix ms> <until, Unix ms> <by>\n      for each
[[nodiscard]] std::string FormatRevocations(const Revocations& revocations);
[[nodiscard]] absl::StatusOr<Revocations> ParseRevocations(std::string_view text);

}  // namespace stile

#endif  // STILE_SERVICE_REVOCATION_LIST_H_
