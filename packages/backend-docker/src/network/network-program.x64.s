# Makes the network of a sandbox safe, then keeps it. network-program.ts holds the assembled bytes:
# as network-program.x64.s -o x.o && objcopy -O binary -j .text x.o x.bin && base64 -w0 x.bin
.intel_syntax noprefix
.globl _start
_start:
  mov edi, 16
  mov esi, 3
  mov edx, 12
  mov eax, 41
  syscall
  test eax, eax
  js fail
  mov ebx, eax
  mov edi, ebx
  lea rsi, [rip+messages+4]
  mov edx, [rip+messages]
  xor r10d, r10d
  xor r8d, r8d
  xor r9d, r9d
  mov eax, 44
  syscall
  test eax, eax
  js fail
  sub rsp, 1024
  mov edi, ebx
  mov rsi, rsp
  mov edx, 1024
  xor r10d, r10d
  xor r8d, r8d
  xor r9d, r9d
  mov eax, 45
  syscall
  test eax, eax
  js fail
  mov eax, [rsp+16]
  test eax, eax
  jnz fail
  mov edi, 1
  lea rsi, [rip+ready]
  mov edx, 6
  mov eax, 1
  syscall
wait:
  mov eax, 34
  syscall
  jmp wait
fail:
  neg eax
  mov edi, eax
  mov eax, 60
  syscall
ready: .ascii "ready\n"
.balign 4
messages:
