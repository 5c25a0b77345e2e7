# The same as network-program.x64.s, for aarch64:
# llvm-mc -triple=aarch64 -filetype=obj network-program.arm64.s -o a.o && llvm-objcopy -O binary -j .text a.o a.bin && base64 -w0 a.bin
.globl _start
_start:
  mov x0, #16
  mov x1, #3
  mov x2, #12
  mov x8, #198
  svc #0
  tbnz w0, #31, fail
  mov w19, w0
  adr x20, messages
  add x1, x20, #4
  ldr w2, [x20]
  mov x3, #0
  mov x4, #0
  mov x5, #0
  mov x8, #206
  svc #0
  tbnz w0, #31, fail
  sub sp, sp, #1024
  mov w0, w19
  mov x1, sp
  mov x2, #1024
  mov x3, #0
  mov x4, #0
  mov x5, #0
  mov x8, #207
  svc #0
  tbnz w0, #31, fail
  ldr w0, [sp, #16]
  cbnz w0, fail
  mov x0, #1
  adr x1, ready
  mov x2, #6
  mov x8, #64
  svc #0
wait:
  mov x0, #0
  mov x1, #0
  mov x2, #0
  mov x3, #0
  mov x8, #73
  svc #0
  b wait
fail:
  neg w0, w0
  mov x8, #93
  svc #0
ready: .ascii "ready\n"
.balign 4
messages:
