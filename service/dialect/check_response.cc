#include "service/dialect/check_response.h"

#include <cstddef>
#include <cstdint>

#include "service/protobuf_writer.h"

namespace stile {
namespace {

constexpr std::string_view kVerdict = "X-Stile-Verdict";
constexpr std::string_view kStilesFields = "x-stile-";
constexpr std::uint64_t kPermissionDenied = 7;  // google.rpc.Code.

// HeaderValueOption { header = 1 { key = 1, value = 2 }, append = 2 { value = 1 },
//                     append_action = 3 }
constexpr std::uint64_t kOverwriteOrAdd = 2;

// Envoys that don't know append_action yet take what has no append for one that overwrites.
void Overwrite(std::uint32_t field, std::string_view name, std::string_view value,
               ProtobufWriter& out) {
  const auto option = out.Begin(field);
  const auto header = out.Begin(1);
  out.Bytes(1, name);
  out.Bytes(2, value);
  out.End(header);
  out.Number(3, kOverwriteOrAdd);
  out.End(option);
}

// Beside others of its name.
void Append(std::uint32_t field, std::string_view name, std::string_view value,
            ProtobufWriter& out) {
  const auto option = out.Begin(field);
  const auto header = out.Begin(1);
  out.Bytes(1, name);
  out.Bytes(2, value);
  out.End(header);
  const auto append = out.Begin(2);
  out.Number(1, 1);
  out.End(append);
  out.End(option);
}

bool IsStiles(std::string_view name) noexcept {
  return name.size() > kStilesFields.size() &&
         NormalisesTo(name.substr(0, kStilesFields.size()), kStilesFields);
}

void WriteField(std::uint32_t number, const Answer::Field& field, ProtobufWriter& out) {
  const auto write = field.name == "Set-Cookie" ? Append : Overwrite;
  write(number, field.name, field.value, out);
}

// OkHttpResponse { headers = 2, headers_to_remove = 5, response_headers_to_add = 6 }
void WritePass(const Answer& answer, const RequestHead& head,
               const std::optional<std::string_view>& cookie, ProtobufWriter& out) {
  const auto response = out.Begin(3);
  Overwrite(2, kVerdict, answer.Get(kVerdict), out);
  if (cookie && !cookie->empty()) Overwrite(2, "Cookie", *cookie, out);
  if (cookie && cookie->empty()) out.Bytes(5, "cookie");
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const std::string_view name = head.field(i).name;
    if (IsStiles(name) && !EqualsLower(name, "x-stile-verdict")) out.Bytes(5, name);
  }
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    const Answer::Field& field = answer.fields[i];
    if (!IsStiles(field.name)) WriteField(6, field, out);
  }
  out.End(response);
}

// DeniedHttpResponse { status = 1 { code = 1 }, headers = 2, body = 3 }
void WriteDenial(const Answer& answer, ProtobufWriter& out) {
  const auto response = out.Begin(2);
  const auto status = out.Begin(1);
  out.Number(1, answer.status < 300 ? 403 : answer.status);  // No other is one of a denial.
  out.End(status);
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    const Answer::Field& field = answer.fields[i];
    if (!IsStiles(field.name)) WriteField(2, field, out);
  }
  out.Bytes(3, answer.body);
  out.End(response);
}

}  // namespace

// CheckResponse { status = 1 { code = 1 }, denied_response = 2, ok_response = 3 }
void WriteCheckResponse(const Answer& answer, const RequestHead& head,
                        const std::optional<std::string_view>& cookie, std::string& out) {
  ProtobufWriter writer(out);
  const bool passes = answer.status == 200;
  const auto status = writer.Begin(1);
  if (!passes) writer.Number(1, kPermissionDenied);
  writer.End(status);
  passes ? WritePass(answer, head, cookie, writer) : WriteDenial(answer, writer);
}

}  // namespace stile
