#include "verifier/policy/text/range_collector.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "challenge/sha256.h"
#include "verifier/policy/hex_digest.h"
#include "verifier/policy/text/cidr_text.h"
#include "verifier/policy/text/list_time.h"

namespace stile {
namespace {

// A range as it is sorted and digested.
struct RangeKey {
  std::uint64_t first;
  std::uint64_t second;
  std::uint16_t family_and_length;

  friend bool operator==(const RangeKey&, const RangeKey&) = default;
  friend auto operator<=>(const RangeKey&, const RangeKey&) = default;
};

RangeKey KeyOf(const Cidr& range) noexcept {
  RangeKey key{0, 0,
               static_cast<std::uint16_t>((range.address.is_v6() ? 0x100 : 0) + range.length)};
  const IpAddress::Bytes16& bytes = range.address.bytes();
  for (std::size_t i = 0; i < 8; ++i) {
    key.first = key.first << 8 | bytes[i];
    key.second = key.second << 8 | bytes[i + 8];
  }
  return key;
}

// Over 18 bytes for each range, sorted: its 16 bytes, 1 if it is IPv6, its length.
std::string DigestOf(const std::vector<Cidr>& ranges) {
  std::vector<RangeKey> keys;
  keys.reserve(ranges.size());
  for (const Cidr& range : ranges) keys.push_back(KeyOf(range));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());

  constexpr std::size_t kKeyBytes = 18;
  std::array<std::uint8_t, kKeyBytes * kSha256Block> blocks;
  std::size_t size = 0;
  Sha256State state = kSha256Initial;
  for (const RangeKey& key : keys) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      blocks[size + static_cast<std::size_t>(56 - shift) / 8] =
          static_cast<std::uint8_t>(key.first >> shift);
      blocks[size + 8 + static_cast<std::size_t>(56 - shift) / 8] =
          static_cast<std::uint8_t>(key.second >> shift);
    }
    blocks[size + 16] = static_cast<std::uint8_t>(key.family_and_length >> 8);
    blocks[size + 17] = static_cast<std::uint8_t>(key.family_and_length);
    size += kKeyBytes;
    if (size == blocks.size()) {
      Sha256Compress(state, blocks.data(), kKeyBytes);
      size = 0;
    }
  }
  const std::size_t whole = size / kSha256Block;
  Sha256Compress(state, blocks.data(), whole);
  const std::span<const std::uint8_t> rest(blocks.data() + whole * kSha256Block,
                                           size - whole * kSha256Block);
  return HexOf(Sha256Finish(state, rest, std::uint64_t{keys.size()} * kKeyBytes));
}

}  // namespace

bool RangeCollector::AddMistake(std::size_t offset, ErrorCode code, std::string message) {
  if (is_full_) return false;
  mistakes_.push_back({offset, code, std::move(message)});
  is_full_ = mistakes_.size() == kMaxMistakes;
  return !is_full_;
}

bool RangeCollector::AddRange(std::string_view range, std::size_t offset, Family family) {
  if (list_.ranges.size() == RangeList::kMaxRanges) {
    AddMistake(offset, ErrorCode::kOutOfRange,
               "the list has more than 2000000 ranges: name fewer, or wider ones");
    is_full_ = true;
    return false;
  }
  auto parsed = ParseCidr(range);
  if (!parsed) {
    return AddMistake(offset, parsed.error().code, std::move(parsed.error().message));
  }
  if (family == Family::kV4 && range.find(':') != std::string_view::npos) {
    return AddMistake(offset, ErrorCode::kInvalidArgument,
                      "this is an IPv6 range: name it ipv6Prefix");
  }
  if (family == Family::kV6 && range.find(':') == std::string_view::npos) {
    return AddMistake(offset, ErrorCode::kInvalidArgument,
                      "this is an IPv4 range: name it ipv4Prefix");
  }
  list_.ranges.push_back(*parsed);
  return true;
}

void RangeCollector::SetCreated(std::string_view time) {
  if (const auto created = ParseListTime(time)) list_.created = created;
}

Errors RangeCollector::TakeMistakes() {
  std::stable_sort(mistakes_.begin(), mistakes_.end(),
                   [](const Mistake& a, const Mistake& b) { return a.offset < b.offset; });
  Errors errors;
  std::size_t line = 1;
  std::size_t line_begin = 0;
  std::size_t at = 0;
  for (Mistake& mistake : mistakes_) {
    for (; at < mistake.offset; ++at) {
      if (text_[at] != '\n') continue;
      ++line;
      line_begin = at + 1;
    }
    errors.push_back({mistake.code,
                      list_.name + ":" + std::to_string(line) + ":" +
                          std::to_string(mistake.offset - line_begin + 1),
                      Printable(std::move(mistake.message))});
  }
  return errors;
}

tl::expected<RangeList, Errors> RangeCollector::Take() && {
  if (mistakes_.empty() && list_.ranges.empty()) {
    AddMistake(0, ErrorCode::kInvalidArgument,
               "the list has no range: write one a line, or remove the list");
  }
  if (!mistakes_.empty()) return tl::unexpected(TakeMistakes());
  list_.digest = DigestOf(list_.ranges);
  return std::move(list_);
}

}  // namespace stile
