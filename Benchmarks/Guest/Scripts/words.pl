# Counts words and turns lines over: regular expressions, hashes, sorting.
my %count;
my $turned = 0;
while (my $line = <STDIN>) {
    $count{lc $1}++ while $line =~ /([A-Za-z_]{2,})/g;
    $turned += length join ' ', reverse split /[\s,.]+/, $line;
    $turned++ if $line =~ /^\s*(?:def|class)\s+(\w+)\s*\(/ and length $1 > 5;
}
my @order = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
print "$turned @order[0 .. 9] ", scalar(@order), "\n";
