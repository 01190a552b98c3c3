#ifndef STILE_SERVICE_REDIS_CONNECTION_H_
#define STILE_SERVICE_REDIS_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/secret_bytes.h"
#include "service/config.h"

struct redisContext;

namespace stile {

// One reply of Redis. A default one is none.
struct RedisReply {
  enum class Kind : std::uint8_t {
    kNone = 0,
    kNil = 1,
    kInteger = 2,
    kText = 3,   // A string or a status.
    kError = 4,  // `text` begins with its code, such as "NOSCRIPT".
    kArray = 5,
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;
  std::string text;
  std::vector<RedisReply> parts;

  [[nodiscard]] bool IsError(std::string_view code) const;
};

// One connection to Redis, which never blocks: whoever has it polls its descriptor. Replies come in
// the order of the commands. What a server says is bounded before it is kept: more than 256 KiB
// that are not yet parsed, or a reply beyond the limits below, breaks the connection.
//
// For one thread. hiredis is used here alone.
class RedisConnection {
 public:
  // Of one reply: texts in bytes and parts of arrays, all of them together, and arrays within each
  // other.
  static constexpr std::size_t kMaxReplyBytes = std::size_t{512} * 1024;
  static constexpr std::size_t kMaxReplyParts = 4'096;
  static constexpr std::size_t kMaxReplyDepth = 5;

  // Begins to connect. Null where that fails at once, and `error` says why.
  [[nodiscard]] static std::unique_ptr<RedisConnection> Open(const SocketAddress& address,
                                                             std::string& error);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Adds a command to what is to be written.
  void Append(std::span<const std::string_view> words);

  // The command that tells who we are. `user` may be empty.
  void AppendAuth(std::string_view user, const SecretBytes& password);

  [[nodiscard]] int descriptor() const noexcept;
  [[nodiscard]] bool wants_write() const noexcept;
  // Writes and reads what goes without waiting. Return whether the connection is still good.
  [[nodiscard]] bool Write();
  [[nodiscard]] bool Read();
  // Takes the next reply, if a whole one is there. False: the connection is broken, or what came
  // isn't Redis's protocol.
  [[nodiscard]] bool Take(RedisReply& reply, bool& taken);

  // Why it is broken.
  [[nodiscard]] std::string error() const;

 private:
  struct Reply;  // What has come of the next one.
  RedisConnection(redisContext* context, std::unique_ptr<Reply> reply);

  redisContext* context_;
  std::unique_ptr<Reply> reply_;
  bool wants_write_ = true;  // The first time tells whether it is connected.
};

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_CONNECTION_H_
