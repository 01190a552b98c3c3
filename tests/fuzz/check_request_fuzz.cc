// Envoy's CheckRequest, and the head of a question that it becomes. What is written is exactly one
// head: its method, target, host and fields are the message's, and nothing that stood in one of
// them becomes anything else.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "service/dialect/check_request.h"
#include "service/dialect/described_request.h"
#include "service/request_head.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

bool IsWithin(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void RequireViews(const CheckRequest& request, std::string_view message) {
  STILE_REQUIRE(IsWithin(request.method, message) && IsWithin(request.path, message));
  STILE_REQUIRE(IsWithin(request.host, message) && IsWithin(request.scheme, message));
  STILE_REQUIRE(IsWithin(request.source_address, message));
  STILE_REQUIRE(request.header_count <= CheckRequest::kMaxHeaders);
  for (const HeadField& field : request.fields()) {
    STILE_REQUIRE(IsWithin(field.name, message) && IsWithin(field.value, message));
    STILE_REQUIRE(!field.name.starts_with(':'));
  }
}

bool IsSent(const CheckRequest& request, HeadField sent) {
  for (const HeadField& field : request.fields()) {
    const std::string_view name = field.name;
    // The reader takes white space off the ends of a value.
    if (name == sent.name && field.value.find(sent.value) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

void FuzzCheckRequest(FuzzInput input) {
  const std::string_view message = TextOf(input);
  CheckRequest request;
  if (!ReadCheckRequest(message, request)) return Reach("malformed message");
  RequireViews(request, message);

  ByteBuffer text;
  const HeadReason fault = WriteQuestionHead(request, text);
  if (fault != HeadReason::kNone) {
    Reach("request that no head can say");
    return STILE_REQUIRE(text.empty());
  }
  RequestHead head;
  const HeadResult result = head.Read(text.bytes(), HeadLimits{.max_head = 65'535});
  if (result.status != HeadStatus::kComplete) return Reach("head that is refused");
  Reach("head");
  STILE_REQUIRE(result.size == text.size());
  STILE_REQUIRE(head.method() == request.method);
  STILE_REQUIRE(head.target() == std::string(kCarriedPrefix) + std::string(request.path));
  STILE_REQUIRE(head.host() == request.host);
  STILE_REQUIRE(head.without_content());
  STILE_REQUIRE(head.field_count() <= request.header_count + 1);
  for (std::size_t i = 1; i < head.field_count(); ++i) {
    STILE_REQUIRE(IsSent(request, head.field(i)));
  }
}

}  // namespace stile
