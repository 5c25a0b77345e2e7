"""Compares modal.proto and router.proto with the descriptors of Modal's Python client.

    pip install modal grpcio-tools && python compare-protocol.py

Prints each difference. Exits with 1 if there is one."""
import pathlib
import sys
import tempfile

from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from modal_proto import api_pb2, task_command_router_pb2

here = pathlib.Path(__file__).parent
# Messages of ours that stand for several of Modal's, which have the same fields.
several = {
    "Empty": ["AuthTokenGetRequest"],
    "CommandRouterAccess": ["SandboxGetCommandRouterAccessResponse"],
    "SandboxIdRequest": ["SandboxTerminateRequest", "SandboxTagsGetRequest", "SandboxGetCommandRouterAccessRequest"],
    "SandboxWaitRequest": ["SandboxWaitRequest", "SandboxGetTaskIdRequest"],
}
differences = []
messages = {}


def fields_of(message):
    return {field.number: field for field in message.field}


def shape_of(field):
    return field.name, field.type, field.label == field.LABEL_REPEATED


def compare(name, ours, theirs):
    known = fields_of(theirs)
    for number, field in fields_of(ours).items():
        other = known.get(number)
        if other is None or shape_of(other) != shape_of(field):
            differences.append(f"{name}.{field.name} = {number}: Modal has {other and shape_of(other)}")
    for nested in ours.enum_type:
        compare_enum(f"{name}.{nested.name}", nested, next((e for e in theirs.enum_type if e.name == nested.name), None))


def compare_enum(name, ours, theirs):
    values = {value.name: value.number for value in theirs.value} if theirs else {}
    for value in ours.value:
        if values.get(value.name) != value.number:
            differences.append(f"{name}.{value.name} = {value.number}: Modal has {values.get(value.name)}")


for file, module in (("modal.proto", api_pb2), ("router.proto", task_command_router_pb2)):
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, "set")
        if protoc.main(["protoc", f"-I{here}", f"--descriptor_set_out={target}", str(here / file)]) != 0:
            sys.exit(1)
        [ours] = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes()).file
    theirs = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(theirs)
    messages |= {message.name: message for message in theirs.message_type}
    enums = {enum.name: enum for enum in theirs.enum_type}
    for message in ours.message_type:
        for name in several.get(message.name, [message.name]):
            if name in messages:
                compare(name, message, messages[name])
            else:
                differences.append(f"{name}: Modal has no such message")
    for enum in ours.enum_type:
        compare_enum(enum.name, enum, enums.get(enum.name))

print("\n".join(differences) or "no difference")
sys.exit(bool(differences))
