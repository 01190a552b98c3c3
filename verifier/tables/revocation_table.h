#ifndef STILE_VERIFIER_TABLES_REVOCATION_TABLE_H_
#define STILE_VERIFIER_TABLES_REVOCATION_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/clearance.h"
#include "challenge/unix_millis.h"
#include "verifier/tables/table_header.h"

namespace stile {

// Ids of clearances that count for nothing any more, each until a time of its own. A view over
// zeroed memory that its owner keeps; whoever has the same memory and key sees the same.
//
// An id is one word: 38 bits of a keyed hash and the minute in which it ends. It lies in one of two
// buckets of eight that other bits of the hash pick, so that a table which is three quarters full
// still takes any id. Another clearance is mistaken for a revoked one with a probability below
// 16 / 2^38, one in seventeen thousand million.
//
// Every change is one compare-and-swap of one word: threads and processes may look, revoke and
// reinstate at the same time, and one that is killed leaves nothing half done. While nothing was
// ever revoked, looking costs one load; else two cache lines. Lock-free.
class RevocationTable {
 public:
  // A power of two between 64 and 2^24.
  [[nodiscard]] static std::size_t PlacesFor(std::size_t places) noexcept;
  // A multiple of 64.
  [[nodiscard]] static std::size_t BytesFor(std::size_t places) noexcept;

  // `memory` has BytesFor(places) bytes, at a multiple of 64, and outlives the table.
  RevocationTable(std::span<std::byte> memory, std::size_t places, const TableKey& key) noexcept;

  // Revokes `id` until `until`, rounded up to a minute, or changes until when it is. Returns false
  // if both buckets are full, or if `until` is not after `now`.
  [[nodiscard]] bool Revoke(const TokenId& id, UnixMillis until, UnixMillis now) noexcept;

  // Takes it back. Returns whether `id` was revoked at `now`.
  bool Reinstate(const TokenId& id, UnixMillis now) noexcept;

  [[nodiscard]] bool IsRevoked(const TokenId& id, UnixMillis now) const noexcept;

  // How many are revoked at `now`. Reads the whole table.
  [[nodiscard]] std::size_t Count(UnixMillis now) const noexcept;

 private:
  struct Place {
    std::uint64_t tag = 0;
    std::size_t buckets[2] = {};  // Indexes of their first words.
  };
  [[nodiscard]] Place PlaceOf(const TokenId& id) const noexcept;
  [[nodiscard]] std::uint64_t Load(std::size_t word) const noexcept;
  // Puts a word into the emptier bucket. Returns false if there is no room; `raced` if another
  // change came between.
  [[nodiscard]] bool Insert(const Place& place, std::uint64_t word, std::uint64_t minute,
                            bool& raced) noexcept;

  std::uint64_t* used_;   // Not 0 once anything was revoked.
  std::uint64_t* words_;  // In a cache line of their own, eight to a bucket.
  std::size_t mask_;      // Of words.
  std::uint64_t key_[2];
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_REVOCATION_TABLE_H_
