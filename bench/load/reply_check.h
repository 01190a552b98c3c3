#ifndef STILE_BENCH_LOAD_REPLY_CHECK_H_
#define STILE_BENCH_LOAD_REPLY_CHECK_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stile::bench {

// What every reply of a run must be.
struct ExpectedReply {
  int status = 200;
  std::optional<std::size_t> length;  // Of the content; absent: whatever Content-Length says.
  std::string contains;               // In the head.
  bool may_close = false;             // The connection may be said to end with it.
};

// Reads the heads of replies and holds them against what is expected. A head is read in full when
// it is new; one that equals the last one but for its Date is known, at the cost of a comparison.
class ReplyCheck {
 public:
  enum class Result { kGood, kNeedMore, kWrong };
  struct Reply {
    std::size_t head = 0;     // Bytes, to the end of the empty line.
    std::size_t content = 0;  // Bytes that follow.
  };

  explicit ReplyCheck(ExpectedReply expected) : expected_(std::move(expected)) {}

  // Checks the head that `bytes` begin with. kWrong: why() says what is wrong with it.
  [[nodiscard]] Result Check(std::string_view bytes, Reply& reply);
  [[nodiscard]] const std::string& why() const noexcept { return why_; }

 private:
  [[nodiscard]] bool IsKnown(std::string_view bytes) const noexcept;
  [[nodiscard]] Result CheckNew(std::string_view bytes, Reply& reply);
  [[nodiscard]] Result Wrong(std::string why, std::string_view head);

  ExpectedReply expected_;
  std::string known_;           // The last head that was read in full.
  std::size_t date_begin_ = 0;  // Where the value of its Date is.
  std::size_t date_end_ = 0;
  std::size_t known_content_ = 0;
  std::string why_;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_LOAD_REPLY_CHECK_H_
