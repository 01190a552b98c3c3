#include "service/redis_connection.h"

#include <hiredis/hiredis.h>

#include <array>
#include <utility>

#include "challenge/concat.h"

namespace stile {
namespace {

constexpr std::size_t kMaxUnread = 256 * 1024;

// hiredis's own functions, which would take whatever memory a server names.
const redisReplyObjectFunctions* own_functions = nullptr;

std::size_t DepthOf(const redisReadTask* task) {
  std::size_t depth = 1;
  for (const redisReadTask* outer = task->parent; outer != nullptr; outer = outer->parent) ++depth;
  return depth;
}

RedisReply Convert(const redisReply& from) {
  RedisReply reply;
  switch (from.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = RedisReply::Kind::kText;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = RedisReply::Kind::kError;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_INTEGER:
      reply.kind = RedisReply::Kind::kInteger;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = RedisReply::Kind::kArray;
      for (std::size_t i = 0; i < from.elements; ++i) {
        reply.parts.push_back(from.element[i] != nullptr ? Convert(*from.element[i])
                                                         : RedisReply());
      }
      break;
    default:
      reply.kind = RedisReply::Kind::kNil;
  }
  return reply;
}

}  // namespace

struct RedisConnection::Reply {
  std::size_t bytes = 0;
  std::size_t parts = 0;
  bool exceeds = false;  // Its limits.

  static void* CreateText(const redisReadTask* task, char* text, std::size_t size) {
    return static_cast<Reply*>(task->privdata)->Takes(size, 0)
               ? own_functions->createString(task, text, size)
               : nullptr;
  }
  // Before hiredis takes memory for the parts, which may never come.
  static void* CreateArray(const redisReadTask* task, int parts) {
    auto* reply = static_cast<Reply*>(task->privdata);
    reply->exceeds = reply->exceeds || DepthOf(task) > kMaxReplyDepth;
    return reply->Takes(0, static_cast<std::size_t>(parts))
               ? own_functions->createArray(task, parts)
               : nullptr;
  }
  static redisReplyObjectFunctions* Functions(const redisReader& reader) {
    static redisReplyObjectFunctions bounded = [&reader] {
      own_functions = reader.fn;
      redisReplyObjectFunctions functions = *reader.fn;
      functions.createString = CreateText;
      functions.createArray = CreateArray;
      return functions;
    }();
    return &bounded;
  }

 private:
  bool Takes(std::size_t more_bytes, std::size_t more_parts) {
    exceeds = exceeds || more_bytes > kMaxReplyBytes - bytes || more_parts > kMaxReplyParts - parts;
    if (exceeds) return false;
    bytes += more_bytes;
    parts += more_parts;
    return true;
  }
};

RedisConnection::RedisConnection(redisContext* context, std::unique_ptr<Reply> reply)
    : context_(context), reply_(std::move(reply)) {}

bool RedisReply::IsError(std::string_view code) const {
  return kind == Kind::kError && text.starts_with(code) &&
         (text.size() == code.size() || text[code.size()] == ' ');
}

std::unique_ptr<RedisConnection> RedisConnection::Open(const SocketAddress& address,
                                                       std::string& error) {
  std::unique_ptr<redisContext, decltype(&redisFree)> owned(
      address.is_unix ? redisConnectUnixNonBlock(address.path.c_str())
                      : redisConnectNonBlock(address.host.c_str(), address.port),
      redisFree);
  if (owned == nullptr) {
    error = "out of memory";
    return nullptr;
  }
  std::unique_ptr<RedisConnection> connection(
      new RedisConnection(owned.get(), std::make_unique<Reply>()));
  redisContext* context = owned.release();
  if (context->err != 0 || context->reader == nullptr) {
    error = connection->error();
    return nullptr;
  }
  context->reader->fn = Reply::Functions(*context->reader);
  context->reader->privdata = connection->reply_.get();
  return connection;
}

RedisConnection::~RedisConnection() { redisFree(context_); }

void RedisConnection::AppendAuth(std::string_view user, const SecretBytes& password) {
  const auto bytes = password.Expose();
  const std::string_view secret(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::array<std::string_view, 3> words = {"AUTH", user, secret};
  const std::array<std::string_view, 2> without_user = {"AUTH", secret};
  if (user.empty()) {
    Append(without_user);
  } else {
    Append(words);
  }
}

void RedisConnection::Append(std::span<const std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  texts.reserve(words.size());
  sizes.reserve(words.size());
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  // It fails without memory alone, and then in what follows as well.
  (void)redisAppendCommandArgv(context_, static_cast<int>(words.size()), texts.data(),
                               sizes.data());
  wants_write_ = true;
}

int RedisConnection::descriptor() const noexcept { return context_->fd; }
bool RedisConnection::wants_write() const noexcept { return wants_write_; }

bool RedisConnection::Write() {
  int done = 0;
  if (redisBufferWrite(context_, &done) != REDIS_OK) return false;
  wants_write_ = done == 0;
  return true;
}

bool RedisConnection::Read() {
  if (redisBufferRead(context_) != REDIS_OK) return false;
  return context_->reader->len - context_->reader->pos <= kMaxUnread;
}

bool RedisConnection::Take(RedisReply& reply, bool& taken) {
  void* found = nullptr;
  taken = false;
  if (redisGetReplyFromReader(context_, &found) != REDIS_OK) return false;
  if (found == nullptr) return true;
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> owner(
      static_cast<redisReply*>(found), freeReplyObject);
  reply = Convert(*owner);
  *reply_ = Reply();
  taken = true;
  return true;
}

std::string RedisConnection::error() const {
  if (context_->err == 0 || reply_->exceeds) return "it says more than it was asked for";
  return context_->errstr[0] != '\0' ? std::string(context_->errstr) : "the connection is broken";
}

}  // namespace stile
