# What a program over the ZOOM API of Perl does with a target; each line says what came of it.
#
#     perl conformance.pl HOST:PORT
use strict;
use warnings;
use ZOOM;

my $target = shift;

sub attempt {
    my ($name, $what) = @_;
    my $answer = eval { $what->() };
    if ($@) {
        die $@ unless ref $@ && $@->isa('ZOOM::Exception');
        $answer = join ' ', $@->diagset(), $@->code(), $@->addinfo();
    }
    print "$name: $answer\n";
}

my $connection = ZOOM::Connection->new("$target/catalogue", 0, preferredRecordSyntax => 'usmarc');
print 'server: ', $connection->option('serverImplementationName'), "\n";

for my $query ('@attr 1=4 bog', '@and @attr 1=1003 fellowes @attr 1=4 bog', '@attr 1=9999 x') {
    attempt("search $query", sub { $connection->search_pqf($query)->size() });
}

my $found = $connection->search_pqf('@attr 1=1016 @attr 2=103 x');
attempt('record', sub { $found->record(0)->render() =~ /^245 .*\$a/m ? 'MARC' : 'nothing' });
for my $syntax (qw(xml sutrs opac grs-1)) {
    attempt("record in $syntax", sub {
        $found->option(preferredRecordSyntax => $syntax);
        my $record = $found->record(1);
        length $record->get($syntax eq 'opac' ? 'opac' : 'raw') ? 'yes' : 'no';
    });
}
attempt('no such syntax', sub {
    $found->option(preferredRecordSyntax => 'summary');
    $found->record(2) ? 'a record' : 'nothing';
});

$found = $connection->search_pqf('@attr 1=1016 @attr 2=103 x');
attempt('sorted', sub {
    $found->sort('yaz', '1=31 >i 1=4 <i');
    $found->option(preferredRecordSyntax => 'xml');
    my @years = map { $found->record($_)->raw() =~ /"264".*?"c">\D*(\d{4})/s; $1 // 0 } 0 .. 4;
    join(' ', @years) eq join(' ', sort { $b <=> $a } @years) ? 'newest first' : "@years";
});

attempt('scan', sub {
    my $terms = $connection->scan_pqf('@attr 1=4 bog');
    my ($term, $occurrences) = $terms->term(0);
    "$term $occurrences of " . $terms->size();
});

$connection->destroy();
