fn main() {
    println!("{:#?}", lab::machine::Machine::here());
}
