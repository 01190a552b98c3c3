#ifndef STILE_TESTS_FRAMING_STREAM_JUDGEMENT_H_
#define STILE_TESTS_FRAMING_STREAM_JUDGEMENT_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/request_head.h"

namespace stile {

struct JudgedRequest {
  std::string method;
  std::string target;
  std::string host;
  std::string version;  // "1.1"
  std::string framing;  // "none", "length", "chunked"
  std::string content;
  bool expect_continue = false;
  bool websocket = false;
  std::vector<std::pair<std::string, std::string>> fields;
};

// What the strict reader makes of everything that a client sends on one connection.
struct StreamJudgement {
  std::vector<JudgedRequest> requests;  // Those read to their end.
  // "open": the next request may begin; "close": the last request ends the connection; "waits": in
  // the middle of one; "refused 400 head bare-lf", "refused 413 body body-too-large".
  std::string end;
};

StreamJudgement JudgeStream(std::string_view bytes, const HeadLimits& limits);

}  // namespace stile

#endif  // STILE_TESTS_FRAMING_STREAM_JUDGEMENT_H_
