import { forwarderStreams, windowBytes } from '../frames.ts';

/** The forwarder in Perl 5.14 or later, with core modules only. Standard output may block: the host always reads it. */
export const perl: string = String.raw`
use strict; use POSIX qw(:sys_wait_h :errno_h setsid dup2); use Socket; use Fcntl;
my ($OPEN, $READY, $DATA, $CREDIT, $END, $RESET, $EXIT) = 1 .. 7;
my ($WINDOW, $CHUNK, $MOST) = (${windowBytes}, 65536, ${forwarderStreams});
my (%streams, %listeners, %children, @groups);
my ($next, $pending) = (1, '');
binmode $_ for *STDIN, *STDOUT;
pipe(my $woken, my $wake) or die $!;
sub nonblock { my $h = shift; fcntl($h, F_SETFL, fcntl($h, F_GETFL, 0) | O_NONBLOCK); binmode $h; $h }
nonblock($_) for $woken, $wake;
$SIG{CHLD} = sub { local $!; syswrite $wake, '.' };
$SIG{PIPE} = 'IGNORE';

sub send_frame {
  my ($id, $kind, $data) = @_;
  $data = '' unless defined $data;
  my $frame = pack('NCN', $id, $kind, length $data) . $data;
  while (length $frame) {
    my $sent = syswrite STDOUT, $frame;
    if (defined $sent) { substr($frame, 0, $sent, '') }
    elsif ($! != EINTR) { exit 1 }
  }
}

sub stream {
  my ($id, $source, $sink, $socket) = @_;
  nonblock($_) for grep { defined } $source, $sink;
  $streams{$id} = { id => $id, source => $source, sink => $sink, socket => $socket, credit => $WINDOW, owed => 0, out => '', ended => 0 };
}

sub forget { my $s = shift; delete $streams{$s->{id}} unless $s->{source} || $s->{sink} }

sub read_source {
  my $s = shift;
  my $got = sysread $s->{source}, my $data, $CHUNK < $s->{credit} ? $CHUNK : $s->{credit};
  if (!defined $got) {
    return if $! == EAGAIN || $! == EINTR;
    my $why = "$!";
    delete $streams{$s->{id}};
    return send_frame($s->{id}, $RESET, $why);
  }
  $s->{credit} -= $got;
  send_frame($s->{id}, $got ? $DATA : $END, $data);
  return if $got;
  $s->{source} = undef;
  forget($s);
}

sub grant {
  my ($s, $count) = @_;
  $s->{owed} += $count;
  return if $s->{owed} < $WINDOW / 4;
  send_frame($s->{id}, $CREDIT, pack 'N', $s->{owed});
  $s->{owed} = 0;
}

sub write_sink {
  my $s = shift;
  while (length $s->{out}) {
    my $sent = syswrite $s->{sink}, $s->{out}, $CHUNK;
    if (defined $sent) { substr($s->{out}, 0, $sent, ''); grant($s, $sent) }
    elsif ($! == EAGAIN || $! == EINTR) { return }
    else { grant($s, length $s->{out}); $s->{out} = '' }
  }
  return unless $s->{ended};
  shutdown $s->{sink}, 1 if $s->{socket};
  $s->{sink} = undef;
  forget($s);
}

sub start {
  my ($id, $cwd, @rest) = @_;
  my %env = %ENV;
  while (length(my $pair = shift @rest)) { my ($k, $v) = split /=/, $pair, 2; $env{$k} = $v }
  pipe(my $in_r, my $in_w); pipe(my $out_r, my $out_w); pipe(my $err_r, my $err_w);
  my $pid = fork;
  return send_frame($id, $EXIT, 126) unless defined $pid;
  if (!$pid) {
    setsid;
    $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD);
    dup2(fileno $in_r, 0); dup2(fileno $out_w, 1); dup2(fileno $err_w, 2);
    %ENV = %env;
    if (chdir $cwd) { no warnings; exec { $rest[0] } @rest } else { $rest[0] = $cwd }
    my $code = $! == EACCES ? 126 : 127;
    syswrite STDERR, "$rest[0]: $!\n";
    POSIX::_exit($code);
  }
  $children{$pid} = $id;
  push @groups, $pid;
  stream($id, $out_r, $in_w);
  stream($id + 2, $err_r, undef);
}

sub open_stream {
  my ($id, $data) = @_;
  my ($verb, @rest) = split /\0/, $data, -1;
  return start($id, @rest) if $verb eq 'exec';
  my $local = $rest[0] =~ m{^/};
  my $place = $local ? pack_sockaddr_un($rest[0]) : pack_sockaddr_in($rest[0], INADDR_LOOPBACK);
  socket(my $socket, $local ? PF_UNIX : PF_INET, SOCK_STREAM, 0);
  if ($verb eq 'connect') {
    return send_frame($id, $RESET, "$!") unless connect $socket, $place;
    setsockopt $socket, 6, 1, 1;
    stream($id, $socket, $socket, 1);
    return send_frame($id, $READY);
  }
  setsockopt $socket, SOL_SOCKET, SO_REUSEADDR, 1;
  unlink $rest[0] if $local;
  return send_frame($id, $RESET, "$!") unless bind($socket, $place) && listen $socket, 512;
  $listeners{$id} = nonblock($socket);
  send_frame($id, $READY, $local ? 0 : (unpack_sockaddr_in getsockname $socket)[0]);
}

sub receive {
  my ($id, $kind, $data) = @_;
  return open_stream($id, $data) if $kind == $OPEN;
  if ($kind == $RESET) {
    for my $pid (keys %children) { kill -9, $pid if $children{$pid} == $id }
    delete $streams{$id};
    return;
  }
  my $s = $streams{$id} or return;
  if ($kind == $CREDIT) { $s->{credit} += unpack 'N', $data }
  elsif ($s->{sink}) {
    $s->{out} .= $data;
    $s->{ended} = 1 if $kind == $END;
    write_sink($s);
  }
}

sub reap {
  sysread $woken, my $bell, 512;
  for my $pid (keys %children) {
    next unless waitpid($pid, WNOHANG) == $pid;
    my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    send_frame(delete $children{$pid}, $EXIT, $code);
  }
}

sub input {
  my $got = sysread STDIN, $pending, $CHUNK * 4, length $pending;
  return if !defined $got && $! == EINTR;
  if (!$got) { kill -9, $_ for @groups; send_frame(0, $EXIT); sleep 30; exit }
  while (length $pending >= 9) {
    my ($id, $kind, $length) = unpack 'NCN', $pending;
    last if length $pending < 9 + $length;
    my $body = substr $pending, 9, $length;
    substr($pending, 0, 9 + $length, '');
    receive($id, $kind, $body);
  }
}

sub accept_from {
  my ($id, $listener) = @_;
  accept(my $socket, $listener) or return;
  setsockopt $socket, 6, 1, 1;
  send_frame($next, $OPEN, $id);
  stream($next, $socket, $socket, 1);
  $next += 2;
}

send_frame(0, $READY, 'perl');
while (1) {
  my ($r, $w) = ('', '');
  vec($r, fileno $_, 1) = 1 for *STDIN, $woken;
  my $few = keys %streams < $MOST;
  if ($few) { vec($r, fileno $_, 1) = 1 for values %listeners }
  my @known = values %streams;
  for my $s (@known) {
    vec($r, fileno $s->{source}, 1) = 1 if $s->{source} && $s->{credit} > 0;
    vec($w, fileno $s->{sink}, 1) = 1 if $s->{sink} && length $s->{out};
  }
  next if select($r, $w, undef, undef) < 0;
  reap() if vec $r, fileno $woken, 1;
  # A stream that another one's turn has closed is gone from the table; its descriptor may be in use again.
  my @ready;
  for my $s (@known) {
    push @ready, [\&write_sink, $s] if $s->{sink} && vec $w, fileno $s->{sink}, 1;
    push @ready, [\&read_source, $s] if $s->{source} && $s->{credit} > 0 && vec $r, fileno $s->{source}, 1;
  }
  for (@ready) {
    my ($turn, $s) = @$_;
    $turn->($s) if $streams{$s->{id}} && ($turn == \&write_sink ? $s->{sink} : $s->{source});
  }
  if ($few) { for my $id (keys %listeners) { accept_from($id, $listeners{$id}) if vec $r, fileno $listeners{$id}, 1 } }
  input() if vec $r, fileno STDIN, 1;
}
`;
