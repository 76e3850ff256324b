Feature: The life of a message
  Every message is followed from the moment the shop hands it over until the person opens it,
  and everything that happens to it is written down.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes

  Scenario Outline: A push goes to the provider of the phone
    Given Jiyoung's <phone> receives pushes
    When the shop sends "Your parcel is on its way" to Jiyoung's <phone>
    Then "Your parcel is on its way" becomes sent
    And <provider> took "Your parcel is on its way" exactly once

    Examples:
      | phone         | provider |
      | iPhone        | Apple    |
      | Android phone | Google   |

  Scenario: The phone says that the message arrived
    Given the shop has sent "Your parcel is on its way" to Minsu's iPhone
    And "Your parcel is on its way" was sent
    When Minsu's iPhone reports "Your parcel is on its way" as received
    Then "Your parcel is on its way" becomes received
    And the history of "Your parcel is on its way" reads: accepted, sent, received

  Scenario: The person opens the message
    Given the shop has sent "Your parcel is on its way" to Minsu's iPhone
    And "Your parcel is on its way" was sent
    When Minsu's iPhone reports "Your parcel is on its way" as received
    And Minsu's iPhone reports "Your parcel is on its way" as opened
    Then "Your parcel is on its way" becomes opened
    And the history of "Your parcel is on its way" reads: accepted, sent, received, opened

  Scenario: Whoever opened a message also received it
    Given the shop has sent "Your parcel is on its way" to Minsu's iPhone
    And "Your parcel is on its way" was sent
    When Minsu's iPhone reports "Your parcel is on its way" as opened
    Then "Your parcel is on its way" becomes opened
    And "Your parcel is on its way" also counts as received

  Scenario: Reports that arrive in the wrong order change nothing
    Given the shop has sent "Your parcel is on its way" to Minsu's iPhone
    And "Your parcel is on its way" was sent
    When Minsu's iPhone reports "Your parcel is on its way" as opened
    And Minsu's iPhone reports "Your parcel is on its way" as received
    Then "Your parcel is on its way" is opened
    And Minsu's iPhone counts 1 message received and 1 opened

  Scenario: A report that arrives twice counts once
    Given the shop has sent "Your parcel is on its way" to Minsu's iPhone
    And "Your parcel is on its way" was sent
    When Minsu's iPhone reports "Your parcel is on its way" as received
    And Minsu's iPhone reports "Your parcel is on its way" as received
    Then Minsu's iPhone counts 1 message received and 0 opened
    And the history of "Your parcel is on its way" reads: accepted, sent, received

  Scenario: A phone may be quicker than Apple's answer
    Given Apple and Google take a second to answer
    When the shop sends "Your parcel is on its way" to Minsu's iPhone
    And Apple has been asked to deliver "Your parcel is on its way"
    And Minsu's iPhone reports "Your parcel is on its way" as received
    Then "Your parcel is on its way" becomes received
    When Apple's answer has come
    Then "Your parcel is on its way" is received
    And the history of "Your parcel is on its way" reads: accepted, sent, received

  Scenario: Nobody reports about other people's messages
    Given Jiyoung's iPhone receives pushes
    And the shop has sent "Your parcel is on its way" to Minsu's iPhone
    And "Your parcel is on its way" was sent
    When Jiyoung's iPhone reports "Your parcel is on its way" as opened
    Then the report is not believed
    And "Your parcel is on its way" is sent

  Scenario: A message to a person goes to each of their phones
    Given Minsu's Android phone receives pushes
    When the shop sends "Your parcel is on its way" to Minsu
    Then "Your parcel is on its way" becomes sent
    And Minsu's iPhone and Minsu's Android phone got one "Your parcel is on its way" each

  Scenario: Who cannot be reached is named, and keeps nobody else from their message
    When the shop sends "Your parcel is on its way" to Minsu and Nobody
    Then "Your parcel is on its way" becomes sent
    And the shop is told that Nobody has no phone

  Scenario: Who unsubscribes while a message waits does not get it
    Given the shop's iPhone channel is paused
    And the shop has sent "Summer sale" to Minsu's iPhone
    When Minsu switches notifications off on his iPhone
    And the shop's iPhone channel is resumed
    Then "Summer sale" fails because of "unsubscribed"
    And nobody was asked to deliver "Summer sale"

  Scenario: A message that waits for a person does not go to the next user of the phone
    Given the shop's iPhone channel is paused
    And the shop has sent "Your bill" to Minsu
    When Jiyoung logs in on Minsu's iPhone
    And the shop's iPhone channel is resumed
    Then "Your bill" fails because of "unlinked"
    And nobody was asked to deliver "Your bill"
