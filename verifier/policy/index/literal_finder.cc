#include "verifier/policy/index/literal_finder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace stile {
namespace {

constexpr std::uint32_t kCaseBits = 0x20202020;  // Set, they make letters lower case.
constexpr std::uint32_t kMultiplier = 0x9E3779B1;

constexpr std::uint32_t Hash(std::uint32_t window) noexcept { return window * kMultiplier; }

// The bytes of `size` that are in a window, whatever the byte order.
std::uint32_t MaskOf(std::uint32_t size) noexcept {
  std::array<unsigned char, 4> bytes{};
  std::fill_n(bytes.begin(), size, static_cast<unsigned char>(0xFF));
  return std::bit_cast<std::uint32_t>(bytes);
}

// Reads `size` bytes.
std::uint32_t WindowAt(const char* text, std::size_t size) noexcept {
  std::uint32_t window = 0;
  std::memcpy(&window, text, size);
  return (window | kCaseBits) & MaskOf(static_cast<std::uint32_t>(size));
}

char Lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool EqualFolded(const char* text, const char* lower, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

// What is in nearly every user agent and many paths: windows of these are a poor choice.
constexpr std::string_view kUsual[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/125.0.0.0 Safari/537.36 Edg/125.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "Mozilla/5.0 (X11; Ubuntu; CrOS x86_64 14541.0.0)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 "
    "Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) (compatible; +https://www.",
    "Mozilla/5.0 (Linux; Android 10; K) Mobile Safari/537.36",
    ".html .com/ .org/ /index.php /api/ /static/ /images/"};

// How common each window is, by a hash of 16 bits.
class Commonness {
 public:
  explicit Commonness(std::uint32_t size) : size_(size), counts_(65'536) {
    constexpr std::uint32_t kInEveryText = 1'000'000;
    for (const std::string_view text : kUsual) Add(text, kInEveryText);
  }
  void Add(std::string_view text, std::uint32_t weight) {
    for (std::size_t i = 0; i + size_ <= text.size(); ++i) Count(text.data() + i) += weight;
  }
  [[nodiscard]] std::uint64_t Of(const char* text) { return Count(text); }

 private:
  std::uint64_t& Count(const char* text) { return counts_[Hash(WindowAt(text, size_)) >> 16]; }

  std::uint32_t size_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace

LiteralFinder::LiteralFinder(const std::vector<Literal>& literals) {
  std::size_t shortest_long = SIZE_MAX;
  for (const Literal& literal : literals) {
    literals_.push_back({static_cast<std::uint32_t>(texts_.size()),
                         static_cast<std::uint32_t>(literal.text.size()), literal.folded});
    texts_ += literal.text;
    if (literal.text.size() >= 5) shortest_long = std::min(shortest_long, literal.text.size());
  }
  texts_.shrink_to_fit();
  // Literals of `shortest` to `longest` bytes; a literal has room for `stride` windows.
  struct Kind {
    std::size_t shortest, longest;
    std::uint32_t size, stride;
  };
  const Kind kinds[] = {{5, SIZE_MAX, 4, shortest_long >= 7 ? 4u : 2u},
                        {4, 4, 3, 2},
                        {3, 3, 2, 2},
                        {2, 2, 2, 1},
                        {1, 1, 1, 1}};
  for (const Kind& kind : kinds) {
    std::vector<std::uint32_t> chosen;
    for (std::size_t i = 0; i < literals.size(); ++i) {
      const std::size_t size = literals[i].text.size();
      if (size >= kind.shortest && size <= kind.longest) {
        chosen.push_back(static_cast<std::uint32_t>(i));
      }
    }
    if (!chosen.empty()) tables_.push_back(MakeTable(literals, chosen, kind.size, kind.stride));
  }
}

LiteralFinder::Table LiteralFinder::MakeTable(const std::vector<Literal>& literals,
                                              const std::vector<std::uint32_t>& chosen,
                                              std::uint32_t size, std::uint32_t stride) {
  Commonness commonness(size);
  for (const std::uint32_t i : chosen) commonness.Add(literals[i].text, 1);
  Table table;
  table.size = size;
  table.stride = stride;
  for (const std::uint32_t i : chosen) {
    const std::string& text = literals[i].text;
    std::size_t best = 0;
    std::uint64_t least = UINT64_MAX;
    for (std::size_t offset = 0; offset + stride - 1 + size <= text.size(); ++offset) {
      std::uint64_t sum = 0;
      for (std::size_t k = 0; k < stride; ++k) sum += commonness.Of(text.data() + offset + k);
      if (sum < least) {
        least = sum;
        best = offset;
      }
    }
    for (std::size_t k = 0; k < stride; ++k) {
      const std::size_t offset = best + k;
      table.windows.push_back(
          {WindowAt(text.data() + offset, size), i, static_cast<std::uint32_t>(offset)});
    }
  }
  // One mark of 32 is set, as long as the table stays in a core's own cache; one bucket of 2 is
  // taken.
  constexpr std::size_t kSparse = 32;
  const int bits =
      std::clamp(static_cast<int>(std::bit_width(table.windows.size() * kSparse - 1)), 12, 18);
  const int buckets =
      std::clamp(static_cast<int>(std::bit_width(table.windows.size() * 2 - 1)), 4, 26);
  table.shift = 32 - bits;
  table.bucket_shift = 32 - buckets;
  table.marks.resize(std::size_t{1} << bits);
  table.buckets.resize((std::size_t{1} << buckets) + 1);
  const auto bucket = [&table](const Window& window) {
    return Hash(window.bytes) >> table.bucket_shift;
  };
  std::sort(table.windows.begin(), table.windows.end(), [&](const Window& a, const Window& b) {
    return bucket(a) != bucket(b) ? bucket(a) < bucket(b) : a.literal < b.literal;
  });
  for (const Window& window : table.windows) {
    const std::uint32_t index = Hash(window.bytes) >> table.shift;
    table.marks[index] = 1;
    ++table.buckets[bucket(window) + 1];
  }
  for (std::size_t i = 1; i < table.buckets.size(); ++i) table.buckets[i] += table.buckets[i - 1];
  table.windows.shrink_to_fit();
  return table;
}

void LiteralFinder::Scan(const Table& table, std::string_view text, Report report,
                         void* context) const noexcept {
  // With sizes that the compiler knows, for what nearly every policy has.
  if (table.size == 4 && table.stride == 2) {
    ScanBy<4, 2>(table, text, report, context);
  } else if (table.size == 4) {
    ScanBy<4, 4>(table, text, report, context);
  } else if (table.stride == 2) {
    ScanBy<0, 2>(table, text, report, context);
  } else {
    ScanBy<0, 1>(table, text, report, context);
  }
}

template <std::size_t kSize, std::size_t kStride>
void LiteralFinder::ScanBy(const Table& table, std::string_view text, Report report,
                           void* context) const noexcept {
  const std::size_t size = kSize != 0 ? kSize : table.size;
  if (text.size() < size) return;
  const std::uint32_t mask = kSize == 4 ? ~std::uint32_t{0} : MaskOf(table.size);
  const int shift = table.shift;
  const std::uint8_t* const marks = table.marks.data();
  const auto window_at = [&](std::size_t at) {
    std::uint32_t window;
    std::memcpy(&window, text.data() + at, 4);
    return (window | kCaseBits) & mask;
  };
  const auto mark_of = [&](std::uint32_t window) -> unsigned {
    const std::uint32_t index = Hash(window) >> shift;
    return marks[index];
  };
  const std::size_t end = text.size() - size + 1;  // Past the last window.
  std::size_t at = 0;
  // Eight lookups that don't wait for each other, and one branch.
  constexpr std::size_t kBlock = 8;
  for (; at + kStride * (kBlock - 1) + 4 <= text.size(); at += kStride * kBlock) {
    unsigned any = 0;
    for (std::size_t i = 0; i < kBlock; ++i) any |= mark_of(window_at(at + i * kStride));
    if (any == 0) [[likely]]
      continue;
    for (std::size_t i = at; i < at + kStride * kBlock; i += kStride) {
      const std::uint32_t window = window_at(i);
      if (mark_of(window) != 0) Verify(table, text, i, window, report, context);
    }
  }
  for (; at < end && at + 4 <= text.size(); at += kStride) {
    const std::uint32_t window = window_at(at);
    if (mark_of(window) != 0) Verify(table, text, at, window, report, context);
  }
  for (; at < end; at += kStride) {
    Verify(table, text, at, WindowAt(text.data() + at, size), report, context);
  }
}

void LiteralFinder::Verify(const Table& table, std::string_view text, std::size_t at,
                           std::uint32_t window, Report report, void* context) const noexcept {
  const std::size_t bucket = Hash(window) >> table.bucket_shift;
  for (std::uint32_t i = table.buckets[bucket]; i < table.buckets[bucket + 1]; ++i) {
    const Window& candidate = table.windows[i];
    if (candidate.bytes != window || candidate.offset > at) continue;
    const Place& place = literals_[candidate.literal];
    const std::size_t begin = at - candidate.offset;
    if (text.size() - begin < place.size) continue;
    const char* const found = text.data() + begin;
    const char* const literal = texts_.data() + place.begin;
    const bool same = place.folded ? EqualFolded(found, literal, place.size)
                                   : std::memcmp(found, literal, place.size) == 0;
    if (same) report(context, candidate.literal);
  }
}

std::size_t LiteralFinder::Bytes() const noexcept {
  std::size_t bytes = texts_.capacity() + literals_.capacity() * sizeof(Place);
  for (const Table& table : tables_) {
    bytes += table.marks.capacity() + table.buckets.capacity() * 4 +
             table.windows.capacity() * sizeof(Window);
  }
  return bytes;
}

}  // namespace stile
