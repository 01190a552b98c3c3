#ifndef STILE_SERVICE_REDIS_TROUBLE_H_
#define STILE_SERVICE_REDIS_TROUBLE_H_

#include <string>

#include "challenge/unix_millis.h"

namespace stile {

// What is the matter with a Redis.
struct RedisTrouble {
  std::string why;   // Empty: nothing.
  UnixMillis since;  // Of it being away; reasons may change meanwhile.
  bool up = false;   // It is asked, whatever it refuses.
};

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_TROUBLE_H_
