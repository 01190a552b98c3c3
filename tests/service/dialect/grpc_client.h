#ifndef STILE_TESTS_SERVICE_DIALECT_GRPC_CLIENT_H_
#define STILE_TESTS_SERVICE_DIALECT_GRPC_CLIENT_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/grpc_session.h"

namespace stile {

// The peer of a GrpcSession in memory: nghttp2's client, which is none of ours.
class GrpcClient {
 public:
  explicit GrpcClient(GrpcSession& server);
  ~GrpcClient();
  GrpcClient(const GrpcClient&) = delete;
  GrpcClient& operator=(const GrpcClient&) = delete;

  using Fields = std::vector<std::pair<std::string, std::string>>;

  // What came of a call.
  struct Outcome {
    std::map<std::string, std::string> headers;  // And trailers.
    std::string data;
    bool closed = false;
    std::uint32_t error = 0;
  };

  // Begins a call; `data` is all that is sent of its content. With `ends` false the end is kept
  // back. Returns the stream's number.
  std::int32_t Begin(const std::string& method, std::string data, bool ends = true,
                     const Fields& more = {}, const std::string& type = "application/grpc",
                     const std::string& http_method = "POST");
  // Sends and receives until neither has anything left to say. False if the server failed.
  bool Exchange();
  // Sends these bytes as they are.
  bool SendRaw(std::string_view bytes);

  [[nodiscard]] const Outcome& outcome(std::int32_t id) { return outcomes_[id]; }
  [[nodiscard]] nghttp2_session* session() { return session_; }
  // Last-Stream-ID and error code of each GOAWAY that came.
  [[nodiscard]] const std::vector<std::pair<std::int32_t, std::uint32_t>>& goaways() const {
    return goaways_;
  }

 private:
  struct Upload {
    std::string data;
    std::size_t sent = 0;
    bool ends = true;
  };

  GrpcSession& server_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Outcome> outcomes_;
  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways_;
  std::vector<std::unique_ptr<Upload>> uploads_;
};

// A message as gRPC frames it.
[[nodiscard]] std::string Framed(std::string_view message, char flags = 0);

}  // namespace stile

#endif  // STILE_TESTS_SERVICE_DIALECT_GRPC_CLIENT_H_
