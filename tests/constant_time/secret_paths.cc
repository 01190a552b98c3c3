// Runs one path that touches a secret with the secret marked undefined, so that valgrind's memcheck
// reports every branch and every address that depends on it: secret_paths PATH.
//
// Without valgrind the marks do nothing, and check_constant_time.py refuses the run.

#include <valgrind/memcheck.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "challenge/hmac_key.h"
#include "challenge/secret_bytes.h"
#include "challenge/sha256.h"

namespace stile {
namespace {

void Hide(std::span<const std::uint8_t> bytes) {
  VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size());
}

// The outcome of a comparison is public: from here on it may be branched on.
bool Publish(bool outcome) {
  VALGRIND_MAKE_MEM_DEFINED(&outcome, sizeof outcome);
  return outcome;
}

std::vector<std::uint8_t> Secret(std::size_t size, std::uint8_t first) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(first + i * 31);
  return bytes;
}

Tag SomeTag(int changed) {
  Tag tag;
  const std::vector<std::uint8_t> bytes = Secret(Tag::kSize, 7);
  std::memcpy(tag.bytes.data(), bytes.data(), Tag::kSize);
  if (changed >= 0) tag.bytes[static_cast<std::size_t>(changed)] ^= 0x10;
  return tag;
}

using CompareTags = bool (*)(const Tag&, const Tag&);

bool LeakyEqual(const Tag& a, const Tag& b) {
  for (std::size_t i = 0; i < Tag::kSize; ++i) {
    if (a.bytes[i] != b.bytes[i]) return false;
  }
  return true;
}

// Compares a hidden tag with one that differs nowhere, first, in the middle and last.
bool ComparesTags(CompareTags equal) {
  for (const int changed : {-1, 0, 8, 15}) {
    const Tag right = SomeTag(-1);
    const Tag claimed = SomeTag(changed);
    Hide(right.bytes);
    if (Publish(equal(right, claimed)) != (changed < 0)) return false;
  }
  return true;
}

bool ComparesTheMac() {
  const std::vector<std::uint8_t> master = Secret(32, 1);
  Hide(master);
  const HmacKey key(master);
  for (const std::size_t size : {0U, 53U, 55U, 56U, 120U, 900U}) {
    const std::vector<std::uint8_t> body = Secret(size, 99);
    const HmacKey::Mac mac = key.Compute(body);
    Tag claimed;
    if (Publish(EqualInConstantTime(mac.tag, claimed))) return false;
    claimed = mac.tag;
    if (!Publish(EqualInConstantTime(key.ComputeTag(body), claimed))) return false;
    if (size > kMaxMacBlockMessage) continue;
    std::array<std::uint8_t, kSha256Block> block{};
    std::copy(body.begin(), body.end(), block.begin());
    PadMacBlock(block, size);
    if (!Publish(key.Authenticates(block, claimed))) return false;
    claimed.bytes[7] ^= 1;
    if (Publish(key.Authenticates(block, claimed))) return false;
  }
  return true;
}

bool ComparesSecretBytes() {
  for (const std::size_t size : {1U, 31U, 32U, 64U}) {
    for (const bool change : {false, true}) {
      std::vector<std::uint8_t> other_bytes = Secret(size, 3);
      if (change) other_bytes[size - 1] ^= 1;
      const SecretBytes secret(Secret(size, 3));
      const SecretBytes other(other_bytes);
      Hide(secret.Expose());
      Hide(other.Expose());
      if (Publish(secret.EqualsInConstantTime(other)) == change) return false;
    }
  }
  return true;
}

bool LooksUpASecret() {
  static std::array<std::uint8_t, 256> table;
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint8_t>(i ^ 0x55);
  const std::vector<std::uint8_t> secret = Secret(1, 42);
  Hide(secret);
  const volatile std::uint8_t found = table[secret.front()];
  return Publish(found == (42 ^ 0x55));
}

int Run(std::string_view path) {
  bool right = false;
  if (path == "tag") right = ComparesTags(EqualInConstantTime);
  if (path == "mac") right = ComparesTheMac();
  if (path == "secret-bytes") right = ComparesSecretBytes();
  if (path == "planted-compare") right = ComparesTags(LeakyEqual);
  if (path == "planted-lookup") right = LooksUpASecret();
  std::printf("%s under valgrind, SHA-256 is %s\n", RUNNING_ON_VALGRIND ? "ran" : "did not run",
              Sha256Kernel());
  return right ? 0 : 1;
}

}  // namespace
}  // namespace stile

int main(int argc, char** argv) { return argc == 2 ? stile::Run(argv[1]) : 2; }
