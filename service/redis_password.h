#ifndef STILE_SERVICE_REDIS_PASSWORD_H_
#define STILE_SERVICE_REDIS_PASSWORD_H_

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/secret_bytes.h"
#include "service/config.h"

namespace stile {

// The first line of `redis.password_file`, whose path is resolved; empty where none is named.
// Returns what ReadFile says, or kInvalidArgument if that line is empty or over 1 KiB.
[[nodiscard]] tl::expected<SecretBytes, Error> LoadRedisPassword(const RedisConfig& redis);

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_PASSWORD_H_
