#ifndef STILE_TESTS_WIRE_FORMAT_VECTOR_FILE_H_
#define STILE_TESTS_WIRE_FORMAT_VECTOR_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "challenge/binding.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"

namespace stile {

// One record of a file in tests/vectors, whose README.md explains the format.
class VectorRecord {
 public:
  using Lines = std::vector<std::pair<std::string, std::string>>;
  explicit VectorRecord(Lines lines) : lines_(std::move(lines)) {}

  // "vector", "sweep", "sequence" or "ring", and the name behind it.
  const std::string& kind() const { return lines_.front().first; }
  const std::string& name() const { return lines_.front().second; }

  bool Has(std::string_view key) const;
  // The value of `key`; fails the test and returns "" if there is none.
  const std::string& Get(std::string_view key) const;
  std::vector<std::string> All(std::string_view key) const;
  std::int64_t Number(std::string_view key) const;
  std::vector<std::uint8_t> Hex(std::string_view key) const;
  std::string HexText(std::string_view key) const;

  UnixMillis Now() const { return UnixMillis{Number("now_ms")}; }
  // Borrows from this record.
  stile::Client Client() const;

 private:
  Lines lines_;
};

// Every record of tests/vectors/`name`. Fails the test if there is none.
std::vector<VectorRecord> ReadVectors(std::string_view name);
std::string ReadVectorText(std::string_view name);

std::vector<std::uint8_t> BytesOfHex(std::string_view hex);
std::string HexOf(const std::uint8_t* bytes, std::size_t size);

// The keys of the ring that a file begins with.
class VectorRing {
 public:
  explicit VectorRing(const VectorRecord& ring);
  std::shared_ptr<const SiteKeys> KeysOf(const std::string& site);

 private:
  std::vector<KeyRing> ring_;  // One.
  std::vector<std::shared_ptr<const SiteKeys>> sites_;
};

// `text` with bit `bit` of the bytes that it spells flipped; bit 0 is the highest of byte 0.
std::string FlipBit(std::string_view text, std::size_t bit);

}  // namespace stile

#endif  // STILE_TESTS_WIRE_FORMAT_VECTOR_FILE_H_
