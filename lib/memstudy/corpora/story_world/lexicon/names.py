"""First names of the people and the animals of the stories, in two groups.

The group fixes the pronoun, so no name stands in both, and no name is a content word of the
stories (a test checks both).
"""

GIRLS = """
    Ada Adele Aisha Akira Alba Alice Alina Alma Amara Amelia Amina Amy Ana Anaya Andrea Angela
    Anita Anna Annie Anouk Anya Aria Ariel Asha Astrid Audrey Aya Ayla Azra Bea Bella Bess Beth
    Betty Bianca Bonnie Brenda Briana Bridget Carla Carmen Carol Celia Celine Chloe Chiara Cindy
    Clara Claire Cleo Cora Dana Daphne Daria Delia Della Diana Dina Dora Doris Dorothy Edie
    Edith Elena Elin Elisa Eliza Ella Ellen Elsa Elsie Emi Emily Emma Erica Esme Esther Etta Eva
    Eve Evelyn Fatima Fay Faye Fiona Flora Fran Freya Frida Gabi Gemma Gia Gina Gita Greta Gwen
    Hana Hanna Harriet Hattie Heidi Helen Helga Hilda Ida Ilse Imani Ina Indira Ines Inga Ingrid
    Iona Irene Iris Irma Isabel Isla Ivana Jane Janet Jasmin Jen Jenna Jenny Jill Joan Joanna
    Josie Joyce Judy Julia Julie Kaia Kamala Kara Karen Karin Kate Katie Katya Kayla Keiko Kiana
    Kiara Kira Lana Lara Laura Layla Lea Leah Leila Lena Leona Lila Lina Linda Lisa Liv
    Livia Liz Lola Lorna Lotte Louisa Lucia Lucy Luna Lydia Lyra Mabel Maddy Maia Maja Malia
    Mandy Mara Maren Maria Marie Marina Martha Mary Matilda Maude Maya Meena Meg Megan Mei Mia
    Mila Millie Mimi Mina Mira Miriam Moira Molly Mona Monica Nadia Naomi Nancy Nadine Nell
    Nellie Nia Nicole Nina Noor Nora Odette Olga Olive Olivia Oona Paige Pam Paula Petra
    Philippa Pia Pippa Polly Priya Rachel Ramona Rania Rita Robyn Rosa Rosie Roxy Ruth Sadie
    Saira Sally Salma Sandra Sara Sasha Selma Serena Shani Sofia Sonia Stella Suki Susan
    Susie Suzy Sylvia Talia Tamar Tammy Tania Tara Tasha Tess Thea Tilda Tilly Tina Trudy Uma
    Una Ursula Valerie Vanessa Vera Vicky Wanda Wendy Willa Wilma Xenia Yara Yasmin Yoko
    Yuki Yvonne Zadie Zahra Zelda Zoe Zofia Zora Zuri
"""

BOYS = """
    Aaron Abe Abdul Adam Adrian Ahmed Aidan Al Alan Albert Alec Alfie Ali Amir Amos Anders Andre
    Andrew Andy Angus Anil Anton Archie Ari Arjun Arlo Arthur Arun Asher Axel Barney Bart Basil
    Ben Benny Bernie Bert Bilal Bjorn Bob Bobby Boris Brad Brandon Brian Bruno Caleb Calvin Carl
    Carlos Casper Cedric Chris Chuck Clive Clyde Cody Colin Conor Craig Cyrus Damian Dan Daniel
    Danny Darius Dave David Dean Declan Dennis Derek Dev Dexter Diego Dino Dmitri Dominic Don
    Donald Doug Duncan Dylan Earl Ed Eddie Edgar Edmund Edward Edwin Eli Elias Elliot Elmer
    Elton Emil Emmett Enzo Eric Ernie Ethan Evan Ezra Felix Fergus Filip Finn Frank Franz Fred
    Freddy Fritz Gabriel Gareth Gavin George Gerald Gilbert Gino Glen Gordon Graham Greg Gus Hal
    Hamid Hank Hans Harold Harry Harvey Hassan Hector Henry Herbert Herman Homer Howard Hugh
    Hugo Ian Ibrahim Igor Ike Imran Ira Isaac Ivan Jack Jacob Jake Jamal James Jan Jared Jason
    Javier Jay Jeff Jeremy Jerry Jesse Jim Jimmy Joe Joel Joey John Johnny Jonah Jonas Jose
    Joseph Josh Juan Jude Jules Julian Kai Karim Karl Keith Ken Kenji Kenny Kevin Khalid Kofi
    Kurt Kwame Kyle Lars Larry Lee Leif Leo Leon Leroy Levi Lewis Liam Linus Lionel Lloyd Logan
    Louie Louis Luca Lucas Luigi Luis Luke Luther Magnus Malik Manny Marco Marcel Marcus Mario
    Marius Martin Marvin Matt Maurice Max Melvin Micah Michael Miguel Mike Milan Miles Milo
    Mitch Mohan Morris Moses Murray Musa Nate Nathan Ned Neil Nelson Niall Nick Nico Nigel Nils
    Noah Noel Norman Oliver Ollie Omar Oscar Osman Otis Otto Owen Pablo Paolo Pascal Patrick
    Paul Pavel Pedro Percy Pete Peter Phil Philip Pierre Quentin Quinn Rafael Rafi Raj Ralph
    Ramon Randy Rashid Raul Ravi Reza Ricky Ricardo Riku Roberto Rodney Roger Roland Roman Ronan
    Ronnie Rory Ross Rowan Roy Ruben Rufus Rupert Russell Ryan Sam Samir Sammy Samuel Sanjay
    Santos Scott Sean Seb Sergei Seth Shane Sidney Silas Simon Sol Stan Stefan Steve Stuart Sven
    Tariq Ted Teo Terry Theo Thomas Tim Timmy Tobias Toby Todd Tom Tomas Tommy Tony Travis
    Trevor Tyler Udo Umar Uri Vernon Victor Vijay Vince Virgil Vito Wallace Walter Warren Wayne
    Wesley Wilbur Willem Winston Xavier Yannick Yasin Yosef Yusuf Zack Zane Zeke Zev
"""
