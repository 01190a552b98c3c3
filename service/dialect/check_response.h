#ifndef STILE_SERVICE_DIALECT_CHECK_RESPONSE_H_
#define STILE_SERVICE_DIALECT_CHECK_RESPONSE_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/answer.h"
#include "service/request_head.h"

namespace stile {

// Writes `answer`, which is AnswerCheckCall's about the question `head`, as an
// envoy.service.auth.v3.CheckResponse behind what is in `out`.
//
// A pass (200):
//   the origin gets X-Stile-Verdict in place of every such field that the client sent, and no other
//   field that it could take for one of Stile's;
//   `cookie` in place of the client's Cookie: empty, none; nullopt, the client's as it is;
//   the client gets the answer's other fields beside what the origin answers, Set-Cookie in
//   addition to the origin's and any other in place of them.
// Anything else: the client gets its status, fields and content. The fields of Stile that say
// nothing are left out.
//
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/auth/v3/external_auth.proto
void WriteCheckResponse(const Answer& answer, const RequestHead& head,
                        const std::optional<std::string_view>& cookie, std::string& out);

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_CHECK_RESPONSE_H_
