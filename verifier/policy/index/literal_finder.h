#ifndef STILE_VERIFIER_POLICY_INDEX_LITERAL_FINDER_H_
#define STILE_VERIFIER_POLICY_INDEX_LITERAL_FINDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// Finds which of many literals occur in a text.
//
// Of each literal a few neighbouring windows of 4 bytes are marked in a hashed table, so many that
// one of them is met whatever the literal's place if only every 2nd (or, with long literals, every
// 4th) window of the text is looked up. Where there is a mark, the literals that have the window
// are compared. Eight lookups at a time wait for nothing, as the steps of an automaton do: about
// 0.35 ns a byte with one literal and 0.45 ns with 10,000, as long as their windows are not those
// of every text; the windows marked are the rarest that a literal has. Literals of less than 5
// bytes have shorter windows, and each length of them costs as much again. At worst every literal
// shares a window with every place of the text: then it is compared there.
//
// A literal takes about 60 bytes besides its text, all of them at least 6 KiB. Immutable.
class LiteralFinder {
 public:
  struct Literal {
    std::string text;     // Not empty.
    bool folded = false;  // `text` is in lower case and found in any case of ASCII letters.
  };

  LiteralFinder() = default;
  explicit LiteralFinder(const std::vector<Literal>& literals);

  [[nodiscard]] bool empty() const noexcept { return literals_.empty(); }
  [[nodiscard]] std::size_t Bytes() const noexcept;

  // Calls found(index of the literal) for each occurrence.
  template <typename Found>
  void Find(std::string_view text, Found found) const noexcept {
    for (const Table& table : tables_) {
      Scan(
          table, text,
          [](void* context, std::uint32_t literal) noexcept {
            (*static_cast<Found*>(context))(literal);
          },
          &found);
    }
  }

 private:
  using Report = void (*)(void* context, std::uint32_t literal) noexcept;

  // A window of a literal.
  struct Window {
    std::uint32_t bytes;
    std::uint32_t literal;
    std::uint32_t offset;
  };
  // The windows of literals that are searched alike.
  struct Table {
    std::uint32_t size = 0;              // Of a window, 1 to 4 bytes.
    std::uint32_t stride = 0;            // Every how many bytes of a text one is looked up.
    int shift = 0;                       // Of a hash to an index of `marks`.
    int bucket_shift = 0;                // Of a hash to an index of `buckets`.
    std::vector<std::uint8_t> marks;     // 1: some window has a hash that leads here.
    std::vector<std::uint32_t> buckets;  // Bucket i is windows [buckets[i], buckets[i + 1]).
    std::vector<Window> windows;
  };
  struct Place {
    std::uint32_t begin;
    std::uint32_t size;
    bool folded;
  };

  [[nodiscard]] static Table MakeTable(const std::vector<Literal>& literals,
                                       const std::vector<std::uint32_t>& chosen, std::uint32_t size,
                                       std::uint32_t stride);
  void Scan(const Table& table, std::string_view text, Report report, void* context) const noexcept;
  template <std::size_t kSize, std::size_t kStride>
  void ScanBy(const Table& table, std::string_view text, Report report,
              void* context) const noexcept;
  void Verify(const Table& table, std::string_view text, std::size_t at, std::uint32_t window,
              Report report, void* context) const noexcept;

  std::vector<Table> tables_;
  std::vector<Place> literals_;
  std::string texts_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_LITERAL_FINDER_H_
